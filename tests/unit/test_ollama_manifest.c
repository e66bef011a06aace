/* Manifests of Ollama's store: which blob has the weights, what is refused, and how a model is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "serving/ollama_manifest.h"

#define A16    "0123456789abcdef"
#define DIGEST A16 A16 A16 A16
#define LAYER(type, digest)                                                                                            \
    "{\"mediaType\":\"application/vnd.ollama.image." type "\",\"digest\":\"" digest "\",\"size\":1}"
#define MANIFEST(layers) "{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:0\"},\"layers\":[" layers "]}"
#define MODEL            LAYER("model", "sha256:" DIGEST)

static sw_code read(const char *text, char digest[OLLAMA_DIGEST_BYTES], sw_err *err)
{
    return ollama_manifest_read(text, strlen(text), digest, err);
}

static void test_the_layer_with_the_weights_is_found(void **state)
{
    (void)state;
    static const char *const GOOD[] = {MANIFEST(MODEL),
                                       MANIFEST(LAYER("template", "sha256:1") "," MODEL "," LAYER("params", "any")),
                                       "{\"layers\":[" MODEL "]}", MANIFEST(MODEL "," LAYER("projector", "sha256:1"))};
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        char digest[OLLAMA_DIGEST_BYTES];
        sw_err err = {0};
        assert_int_equal(read(GOOD[i], digest, &err), SW_OK);
        assert_string_equal(digest, DIGEST);
    }
}

static void test_what_is_no_manifest_of_one_file_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[][2] = {
        {"", "end of file"},
        {"[]", "a manifest must be"},
        {"{}", "layers is required"},
        {"{\"layers\":{}}", "layers must be a list"},
        {"{\"layers\":[1]}", "layers[0] must be"},
        {"{\"layers\":[],\"layers\":[]}", "duplicate"},
        {"{\"layers\":[{\"mediaType\":\"x\"}]}", "layers[0].digest is required"},
        {MANIFEST(""), "it names no weights"},
        {MANIFEST(MODEL "," MODEL), "several files"},
        {MANIFEST(MODEL "," LAYER("adapter", "sha256:1")), "adapter"},
        {MANIFEST(LAYER("model", "sha256:" A16)), "64 digits"},
        {MANIFEST(LAYER("model", "sha256:" A16 A16 A16 "0123456789ABCDEF")), "64 digits"},
        {MANIFEST(LAYER("model", "sha256:" A16 A16 A16 "../../etc/passwd")), "64 digits"},
        {MANIFEST(LAYER("model", "sha512:" DIGEST)), "64 digits"},
        {MANIFEST(LAYER("model", "sha256:" DIGEST "0")), "64 digits"},
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        char digest[OLLAMA_DIGEST_BYTES];
        sw_err err = {0};
        assert_int_equal(read(BAD[i][0], digest, &err), SW_EFORMAT);
        if (strstr(err.msg, BAD[i][1]) == NULL)
            fail_msg("%s: '%s' does not say '%s'", BAD[i][0], err.msg, BAD[i][1]);
    }
}

static void test_the_limit_of_bytes_is_exact(void **state)
{
    (void)state;
    char *const text = malloc(LIMIT_MANIFEST_BYTES + 2), digest[OLLAMA_DIGEST_BYTES];
    assert_non_null(text);
    memset(text, ' ', LIMIT_MANIFEST_BYTES + 1);
    memcpy(text, MANIFEST(MODEL), strlen(MANIFEST(MODEL)));
    sw_err err = {0};
    assert_int_equal(ollama_manifest_read(text, LIMIT_MANIFEST_BYTES, digest, &err), SW_OK);
    assert_int_equal(ollama_manifest_read(text, LIMIT_MANIFEST_BYTES + 1, digest, &err), SW_ELIMIT);
    free(text);
}

static void test_names_are_as_ollama_shows_them(void **state)
{
    (void)state;
    static const char *const NAMES[][2] = {
        {"registry.ollama.ai/library/gpt-oss/20b", "gpt-oss:20b"}, {"registry.ollama.ai/library/m/latest", "m:latest"},
        {"registry.ollama.ai/someone/m/q4", "someone/m:q4"},       {"hf.co/library/m/q4", "hf.co/library/m:q4"},
        {"hf.co/user/repo/Q4_K_M", "hf.co/user/repo:Q4_K_M"},
    };
    char name[OLLAMA_NAME_BYTES], longest[OLLAMA_NAME_BYTES + 1];
    sw_err err = {0};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        assert_int_equal(ollama_manifest_name(NAMES[i][0], name, &err), SW_OK);
        assert_string_equal(name, NAMES[i][1]);
    }
    memset(longest, 'x', sizeof longest);
    longest[OLLAMA_NAME_BYTES] = '\0';
    assert_int_equal(ollama_manifest_name(longest, name, &err), SW_ELIMIT);
    assert_int_equal(ollama_manifest_name(longest + 1, name, &err), SW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_layer_with_the_weights_is_found),
        cmocka_unit_test(test_what_is_no_manifest_of_one_file_is_refused),
        cmocka_unit_test(test_the_limit_of_bytes_is_exact),
        cmocka_unit_test(test_names_are_as_ollama_shows_them),
    };
    return cmocka_run_group_tests_name("Ollama's manifests", tests, NULL, NULL);
}
