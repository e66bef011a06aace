/* Any bytes as a bank of questions: it is refused with a sentence, or every question is judged as its forms say. */
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "fuzz_check.h"
#include "problems/question_bank.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge_all(const bank_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const bank_question *const q = &list->items[i];
        problem_outcome outcome;
        check(q->n_accepted > 0);
        check(bank_judge(q, q->accepted[0], strlen(q->accepted[0]), &outcome, NULL) == SW_OK);
        check(outcome == PROBLEM_RIGHT);
        check(bank_judge(q, q->text, strlen(q->text), &outcome, NULL) == SW_OK && outcome != PROBLEM_RIGHT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    question_bank *bank;
    sw_err err = {0};
    const sw_code code = question_bank_parse(&bank, (const char *)data, size, "the file", &err);
    check((code == SW_OK) == (bank != NULL) && (code == SW_OK) == (err.msg[0] == '\0'));
    check(code == SW_OK || code == SW_EFORMAT || code == SW_ELIMIT);
    for (size_t i = 0; bank != NULL && i < bank->n_domains; i++) {
        judge_all(&bank->domains[i].facts);
        judge_all(&bank->domains[i].specialist);
        judge_all(&bank->domains[i].general);
    }
    for (size_t i = 0; bank != NULL && i < bank->n_mixtures; i++) {
        size_t n;
        check(bank_count_held(&bank->mixtures[i], (const char *)data, size, &n, NULL) == SW_OK);
        check(n <= bank->mixtures[i].n_holds && bank->mixtures[i].domains[0] < bank->n_domains);
    }
    question_bank_free(bank);
    return 0;
}
