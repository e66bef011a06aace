/* ws_cases.c - see ws_cases.h. */
#include "support/ws_cases.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { SCRIPT_BYTES_MAX = 65536 };

// clang-format off
static const ws_case CASES[] = {
    /* 1 framing */
    {"1.1.1", "T*0 C1000", "T*0 C1000"},
    {"1.1.2", "T*125 C1000", "T*125 C1000"},
    {"1.1.3", "T*126 C1000", "T*126 C1000"},
    {"1.1.4", "T*127 C1000", "T*127 C1000"},
    {"1.1.5", "T*128 C1000", "T*128 C1000"},
    {"1.1.6", "T*65535 C1000", "T*65535 C1000"},
    {"1.1.7", "T*65536 C1000", "T*65536 C1000"},
    {"1.1.8", "T'a' T T'b' C1000", "T'a' T T'b' C1000"},
    {"1.2.1", "B*0 C1000", "B*0 C1000"},
    {"1.2.2", "B*125 C1000", "B*125 C1000"},
    {"1.2.3", "B*126 C1000", "B*126 C1000"},
    {"1.2.4", "B*127 C1000", "B*127 C1000"},
    {"1.2.5", "B*128 C1000", "B*128 C1000"},
    {"1.2.6", "B*65535 C1000", "B*65535 C1000"},
    {"1.2.7", "B*65536 C1000", "B*65536 C1000"},
    {"1.2.8", "B'a' B B'b' C1000", "B'a' B B'b' C1000"},
    {"1.3.1", "T'<>' B<00> T<00> C1000", "T'<>' B<00> T<00> C1000"},
    /* 2 Pings and Pongs */
    {"2.1", "P C1000", "O C1000"},
    {"2.2", "P'Hello, world!' C1000", "O'Hello, world!' C1000"},
    {"2.3", "P<00fffefdfcfb00ff> C1000", "O<00fffefdfcfb00ff> C1000"},
    {"2.4", "P*125 C1000", "O*125 C1000"},
    {"2.5", "P*126", "C1002"},
    {"2.6", "P<feff>*123 T'a' C1000", "O<feff>*123 T'a' C1000"},
    {"2.7", "O C1000", "C1000"},
    {"2.8", "O'unsolicited pong' C1000", "C1000"},
    {"2.9", "O'unsolicited pong' P'ping' C1000", "O'ping' C1000"},
    {"2.10",
     "P'0' P'1' P'2' P'3' P'4' P'5' P'6' P'7' P'8' P'9' C1000",
     "O'0' O'1' O'2' O'3' O'4' O'5' O'6' O'7' O'8' O'9' C1000"},
    {"2.11", "P*0 P*1 P*2 P*3 P*4 P*5 P*6 P*7 P*8 P*9 C1000", "O*0 O*1 O*2 O*3 O*4 O*5 O*6 O*7 O*8 O*9 C1000"},
    {"2.12", "O*126", "C1002"},
    {"2.13", "O*125 P'a' O'b' T'c' C1000", "O'a' T'c' C1000"},
    /* 5 fragments */
    {"5.1", "p'fragment1' K'fragment2'", "C1002"},
    {"5.2", "o'fragment1' K'fragment2'", "C1002"},
    {"5.2.2", "c1000 K", "C1002"},
    {"5.3.1", "t'fragment1' K'fragment2' C1000", "T'fragment1fragment2' C1000"},
    {"5.3.2", "t K C1000", "T C1000"},
    {"5.3.3", "t'a' K C1000", "T'a' C1000"},
    {"5.3.4", "t K'a' C1000", "T'a' C1000"},
    {"5.3.5", "t k k K C1000", "T C1000"},
    {"5.3.6", "t'a' k'b' k'' K'c' C1000", "T'abc' C1000"},
    {"5.3.7", "t'a' K'b' t'c' K'd' C1000", "T'ab' T'cd' C1000"},
    {"5.3.8", "t*70000 k*70000 K*70000 C1000", "T*210000 C1000"},
    {"5.4.1", "b'fragment1' K'fragment2' C1000", "B'fragment1fragment2' C1000"},
    {"5.4.2", "b K C1000", "B C1000"},
    {"5.4.3", "b'a' K C1000", "B'a' C1000"},
    {"5.4.4", "b K'a' C1000", "B'a' C1000"},
    {"5.4.5", "b k k K C1000", "B C1000"},
    {"5.4.6", "b'a' k'b' k'' K'c' C1000", "B'abc' C1000"},
    {"5.4.7", "b'a' K'b' b'c' K'd' C1000", "B'ab' B'cd' C1000"},
    {"5.4.8", "b*70000 k*70000 K*70000 C1000", "B*210000 C1000"},
    {"5.6", "t'fragment1' P'ping' K'fragment2' C1000", "O'ping' T'fragment1fragment2' C1000"},
    {"5.7", "t'fragment1' P K'fragment2' P'b' C1000", "O T'fragment1fragment2' O'b' C1000"},
    {"5.8", "t'a' O'pong' K'b' C1000", "T'ab' C1000"},
    {"5.9", "K'non-continuation payload' T'Hello, world!'", "C1002"},
    {"5.10", "K T'a'", "C1002"},
    {"5.11", "K'a'", "C1002"},
    {"5.12", "k'non-continuation payload' T'Hello, world!'", "C1002"},
    {"5.13", "k T'a'", "C1002"},
    {"5.14", "k'a' K'b'", "C1002"},
    {"5.15", "t'fragment1' K'fragment2' k'fragment3' T'fragment4'", "T'fragment1fragment2' C1002"},
    {"5.16", "k'fragment1' t'fragment2' K'fragment3'", "C1002"},
    {"5.17", "K'fragment1' t'fragment2' K'fragment3'", "C1002"},
    {"5.18", "t'fragment1' T'fragment2'", "C1002"},
    {"5.18.2", "t'fragment1' t'fragment2'", "C1002"},
    {"5.18.3", "b'1' T'2'", "C1002"},
    {"5.18.4", "t'1' b'2'", "C1002"},
    {"5.18.5", "b B", "C1002"},
    {"5.19",
     "t'fragment1' k'fragment2' P'pongme 1!' k'fragment3' k'fragment4' P'pongme 2!' K'fragment5' "
     "C1000",
     "O'pongme 1!' O'pongme 2!' T'fragment1fragment2fragment3fragment4fragment5' C1000"},
    {"5.20", "b'1' k'2' P'a' P'b' k'3' P*125 K'4' C1000", "O'a' O'b' O*125 B'1234' C1000"},
    {"5.21.2", "t'x' K'x' C1000", "T'xx' C1000"},
    {"5.21.3", "t'x' k'x' K'x' C1000", "T'xxx' C1000"},
    {"5.21.10", "t'x' k'x' k'x' k'x' k'x' k'x' k'x' k'x' k'x' K'x' C1000", "T'xxxxxxxxxx' C1000"},
    {"5.22", "T'a' K'b'", "T'a' C1002"},
    {"5.23", "B'a' K'b'", "B'a' C1002"},
    /* 7 the end */
    {"7.1.1", "T'Hello' C1000", "T'Hello' C1000"},
    {"7.1.2", "C1000 C1000", "C1000"},
    {"7.1.3", "C1000 P", "C1000"},
    {"7.1.4", "C1000 T'a'", "C1000"},
    {"7.1.5", "t'fragment1' C1000 K'fragment2'", "C1000"},
    {"7.1.6", "T*262144 C1000 P", "T*262144 C1000"},
    {"7.1.7", "C1001 x00", "C1001"},
    {"7.1.8", "b C K", "C"},
    {"7.1.9", "C1000 !T'a' =7K", "C1000"},
    {"7.3.1", "C", "C"},
    {"7.3.2", "C'a'", "C1002"},
    {"7.3.3", "C1000", "C1000"},
    {"7.3.4", "C1000'Hello, world!'", "C1000"},
    {"7.3.5", "C1000*123", "C1000"},
    {"7.3.6", "C1000*124", "C1002"},
    {"7.3.7", "C<03>", "C1002"},
    {"7.5.1", "C1000<cebae1bdb9cf83cebcceb5eda080656469746564>", "C1007"},
    {"7.5.2", "C1000<80>", "C1007"},
    {"7.5.3", "C1000<e282>", "C1007"},
    {"7.5.4", "C1001<e282ac>", "C1001"},
    {"7.5.5", "C1004<80>", "C1002"},
    {"7.7.1", "C1000", "C1000"},
    {"7.7.2", "C1001", "C1001"},
    {"7.7.3", "C1002", "C1002"},
    {"7.7.4", "C1003", "C1003"},
    {"7.7.5", "C1007", "C1007"},
    {"7.7.6", "C1008", "C1008"},
    {"7.7.7", "C1009", "C1009"},
    {"7.7.8", "C1010", "C1010"},
    {"7.7.9", "C1011", "C1011"},
    {"7.7.10", "C1012", "C1012"},
    {"7.7.11", "C1013", "C1013"},
    {"7.7.12", "C1014", "C1014"},
    {"7.7.13", "C3000", "C3000"},
    {"7.7.14", "C3999", "C3999"},
    {"7.7.15", "C4000", "C4000"},
    {"7.7.16", "C4999", "C4999"},
    {"7.9.1", "C0'reason'", "C1002"},
    {"7.9.2", "C1'reason'", "C1002"},
    {"7.9.3", "C999'reason'", "C1002"},
    {"7.9.4", "C1004'reason'", "C1002"},
    {"7.9.5", "C1005'reason'", "C1002"},
    {"7.9.6", "C1006'reason'", "C1002"},
    {"7.9.7", "C1015'reason'", "C1002"},
    {"7.9.8", "C1016'reason'", "C1002"},
    {"7.9.9", "C1100'reason'", "C1002"},
    {"7.9.10", "C2000'reason'", "C1002"},
    {"7.9.11", "C2999'reason'", "C1002"},
    {"7.9.12", "C5000'reason'", "C1002"},
    {"7.9.13", "C32768'reason'", "C1002"},
    {"7.9.14", "C65535'reason'", "C1002"},
    /* 9 sizes */
    {"9.1.1", "T*65536 C1000", "T*65536 C1000"},
    {"9.1.2", "T*262144 C1000", "T*262144 C1000"},
    {"9.1.3", "T*1048575 C1000", "T*1048575 C1000"},
    {"9.1.4", "T*1048576 C1000", "T*1048576 C1000"},
    {"9.1.5", "T*1048577", "C1009"},
    {"9.1.6", "~1048577T", "C1009"},
    {"9.1.7", "~4294967296T", "C1009"},
    {"9.1.8", "~9223372036854775807T", "C1009"},
    {"9.1.9", "~9223372036854775808T", "C1002"},
    {"9.1.10", "~18446744073709551615T", "C1002"},
    {"9.1.11", "t*1048576 K C1000", "T*1048576 C1000"},
    {"9.1.12", "t k*1048576 P K C1000", "O T*1048576 C1000"},
    {"9.1.13", "t*1048576 K'a'", "C1009"},
    {"9.1.14", "t'a' ~1048576K", "C1009"},
    {"9.1.15", "t*524288 K*524288 C1000", "T*1048576 C1000"},
    {"9.1.16", "T*700000 T*700000 C1000", "T*700000 T*700000 C1000"},
    {"9.2.1", "B*65536 C1000", "B*65536 C1000"},
    {"9.2.2", "B*262144 C1000", "B*262144 C1000"},
    {"9.2.3", "B*1048575 C1000", "B*1048575 C1000"},
    {"9.2.4", "B*1048576 C1000", "B*1048576 C1000"},
    {"9.2.5", "B*1048577", "C1009"},
    {"9.2.6", "~1048577B", "C1009"},
    {"9.2.7", "~4294967296B", "C1009"},
    {"9.2.8", "~9223372036854775807B", "C1009"},
    {"9.2.9", "~9223372036854775808B", "C1002"},
    {"9.2.10", "~18446744073709551615B", "C1002"},
    {"9.2.11", "b*1048576 K C1000", "B*1048576 C1000"},
    {"9.2.12", "b k*1048576 P K C1000", "O B*1048576 C1000"},
    {"9.2.13", "b*1048576 K'a'", "C1009"},
    {"9.2.14", "b'a' ~1048576K", "C1009"},
    {"9.2.15", "b*524288 K*524288 C1000", "B*1048576 C1000"},
    {"9.2.16", "B*700000 B*700000 C1000", "B*700000 B*700000 C1000"},
    /* 11 masks */
    {"11.1.1", "!T'a'", "C1002"},
    {"11.1.2", "!B'a'", "C1002"},
    {"11.1.3", "!P", "C1002"},
    {"11.1.4", "!O", "C1002"},
    {"11.1.5", "!C1000", "C1002"},
    {"11.1.6", "!T", "C1002"},
    {"11.1.7", "!B*126", "C1002"},
    {"11.1.8", "!P'a'", "C1002"},
    {"11.2.1", "t'a' !K'b'", "C1002"},
    {"11.2.2", "T'a' !T'b'", "T'a' C1002"},
    {"11.2.3", "!~65536T", "C1002"},
    {"11.3.1", "x818000000000 C1000", "T C1000"},
    {"11.3.2", "x81830000000048692e C1000", "T'Hi.' C1000"},
    {"11.3.4", "x828401020304fefdfcfb C1000", "B<ffffffff> C1000"},
    {"11.3.5", "x898001020304 C1000", "O C1000"},
    /* 12 forms of lengths */
    {"12.1.1", "^2T*0", "C1002"},
    {"12.2.1", "^8B*0", "C1002"},
    {"12.1.2", "^2T*1", "C1002"},
    {"12.2.2", "^8B*1", "C1002"},
    {"12.1.3", "^2T*124", "C1002"},
    {"12.2.3", "^8B*124", "C1002"},
    {"12.1.4", "^2T*125", "C1002"},
    {"12.2.4", "^8B*125", "C1002"},
    {"12.3.1", "^2T*126 C1000", "T*126 C1000"},
    {"12.4.1", "^8T*126", "C1002"},
    {"12.3.2", "^2T*65535 C1000", "T*65535 C1000"},
    {"12.4.2", "^8T*65535", "C1002"},
    {"12.5.1", "^8T*65536 C1000", "T*65536 C1000"},
    {"12.5.2", "^2P", "C1002"},
    {"12.5.3", "^8O'a'", "C1002"},
    {"12.5.4", "^2C1000", "C1002"},
    {"12.5.5", "P*65536", "C1002"},
    {"12.5.6", "t'a' ^2K*125", "C1002"},
    {"12.5.7", "b ^2K*126 C1000", "B*126 C1000"},
    /* 6 UTF-8: refused before the message or even the frame ends */
    {"6.4.1", "t<cebae1bdb9cf83cebcceb5> k<f4908080>", "C1007"},
    {"6.4.2", "t<cebae1bdb9cf83cebcceb5> k<f490>", "C1007"},
    {"6.4.3", "~100T<cebae1bdb9cf83cebcceb5f490>", "C1007"},
    {"6.4.4", "t<ce> k<bae1bd> P ~9k<b9ff>", "O C1007"},
    {"6.4.5", "t<cebae1> P K", "O C1007"},
    {"6.4.6", "T'a' b<ff> K<fe> T<ff>", "T'a' B<fffe> C1007"},
};

/* Texts of family 6 as bytes. */
typedef struct text {
    const char *name, *hex;
} text;

static const text VALID[] = {
    {"6.1.1", ""}, {"6.2.1", "48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121"},
    {"6.5.1", "cebacf8ccf83cebcceb5"}, {"6.5.5", "cebacf8ccf83cebcceb5f09f9880"}, {"6.6.7", "ceba"},
    {"6.6.8", "cebae1bdb9"}, {"6.6.9", "cebae1bdb9cf83"}, {"6.6.10", "cebae1bdb9cf83cebc"},
    {"6.6.11", "cebae1bdb9cf83cebcceb5"}, {"6.7.1", "00"}, {"6.7.2", "c280"}, {"6.7.3", "e0a080"},
    {"6.7.4", "f0908080"}, {"6.9.1", "7f"}, {"6.9.2", "dfbf"}, {"6.9.3", "efbfbf"}, {"6.9.4", "f48fbfbf"},
    {"6.11.1", "ed9fbf"}, {"6.11.2", "ee8080"}, {"6.11.3", "efbfbd"}, {"6.11.4", "f48fbfbf"}, {"6.22.1", "efbfbe"},
    {"6.22.2", "efbfbf"}, {"6.22.3", "f09fbfbe"}, {"6.22.4", "f09fbfbf"}, {"6.22.5", "f0afbfbe"},
    {"6.22.6", "f0afbfbf"}, {"6.22.7", "f0bfbfbe"}, {"6.22.8", "f0bfbfbf"}, {"6.22.9", "f18fbfbe"},
    {"6.22.10", "f18fbfbf"}, {"6.22.11", "f19fbfbe"}, {"6.22.12", "f19fbfbf"}, {"6.22.13", "f1afbfbe"},
    {"6.22.14", "f1afbfbf"}, {"6.22.15", "f1bfbfbe"}, {"6.22.16", "f1bfbfbf"}, {"6.22.17", "f28fbfbe"},
    {"6.22.18", "f28fbfbf"}, {"6.22.19", "f29fbfbe"}, {"6.22.20", "f29fbfbf"}, {"6.22.21", "f2afbfbe"},
    {"6.22.22", "f2afbfbf"}, {"6.22.23", "f2bfbfbe"}, {"6.22.24", "f2bfbfbf"}, {"6.22.25", "f38fbfbe"},
    {"6.22.26", "f38fbfbf"}, {"6.22.27", "f39fbfbe"}, {"6.22.28", "f39fbfbf"}, {"6.22.29", "f3afbfbe"},
    {"6.22.30", "f3afbfbf"}, {"6.22.31", "f3bfbfbe"}, {"6.22.32", "f3bfbfbf"}, {"6.22.33", "f48fbfbe"},
    {"6.22.34", "f48fbfbf"}, {"6.23.1", "efbfbd"}, {"6.23.2", "efbfbc"}, {"6.23.3", "efbfbb"}, {"6.23.4", "efbfba"},
    {"6.23.5", "efbfb9"}, {"6.23.6", "efbbbf"}, {"6.23.7", "ee8080"},
};
static const text INVALID[] = {
    {"6.3.1", "cebae1bdb9cf83cebcceb5eda080656469746564"}, {"6.3.2", "cebae1bdb9cf83cebcceb5f4908080656469746564"},
    {"6.6.1", "ce"}, {"6.6.2", "cebae1"}, {"6.6.3", "cebae1bd"}, {"6.6.4", "cebae1bdb9cf"},
    {"6.6.5", "cebae1bdb9cf83ce"}, {"6.6.6", "cebae1bdb9cf83cebcce"}, {"6.8.1", "f888808080"},
    {"6.8.2", "fc8480808080"}, {"6.10.1", "f7bfbfbf"}, {"6.10.2", "fbbfbfbfbf"}, {"6.10.3", "fdbfbfbfbfbf"},
    {"6.11.5", "f4908080"}, {"6.12.1", "80"}, {"6.12.2", "bf"}, {"6.12.3", "80bf"}, {"6.12.4", "80bf80"},
    {"6.12.5", "80bf80bf"}, {"6.12.6", "80bf80bf80"}, {"6.12.7", "80bf80bf80bf"},
    {"6.12.8", "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"},
    {"6.13.1", "c020c120c220c320c420c520c620c720c820c920ca20cb20cc20cd20ce20cf20d020d120d220d320d420d520d620d720d820d920da20db20dc20dd20de20df20"},
    {"6.13.2", "e020e120e220e320e420e520e620e720e820e920ea20eb20ec20ed20ee20ef20"},
    {"6.13.3", "f020f120f220f320f420f520f620f720"}, {"6.13.4", "f820f920fa20fb20"}, {"6.13.5", "fc20fd20"},
    {"6.14.1", "c0"}, {"6.14.2", "e080"}, {"6.14.3", "f08080"}, {"6.14.4", "f8808080"}, {"6.14.5", "fc80808080"},
    {"6.14.6", "df"}, {"6.14.7", "efbf"}, {"6.14.8", "f7bfbf"}, {"6.14.9", "fbbfbfbf"}, {"6.14.10", "fdbfbfbfbf"},
    {"6.15.1", "c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf"}, {"6.16.1", "fe"}, {"6.16.2", "ff"},
    {"6.16.3", "fefeffff"}, {"6.17.1", "c0af"}, {"6.17.2", "e080af"}, {"6.17.3", "f08080af"},
    {"6.17.4", "f8808080af"}, {"6.17.5", "fc80808080af"}, {"6.18.1", "c1bf"}, {"6.18.2", "e09fbf"},
    {"6.18.3", "f08fbfbf"}, {"6.18.4", "f887bfbfbf"}, {"6.18.5", "fc83bfbfbfbf"}, {"6.19.1", "c080"},
    {"6.19.2", "e08080"}, {"6.19.3", "f0808080"}, {"6.19.4", "f880808080"}, {"6.19.5", "fc8080808080"},
    {"6.20.1", "eda080"}, {"6.20.2", "edadbf"}, {"6.20.3", "edae80"}, {"6.20.4", "edafbf"}, {"6.20.5", "edb080"},
    {"6.20.6", "edbe80"}, {"6.20.7", "edbfbf"}, {"6.21.1", "eda080edb080"}, {"6.21.2", "eda080edbfbf"},
    {"6.21.3", "edadbfedb080"}, {"6.21.4", "edadbfedbfbf"}, {"6.21.5", "edae80edb080"}, {"6.21.6", "edae80edbfbf"},
    {"6.21.7", "edafbfedb080"}, {"6.21.8", "edafbfedbfbf"},
};
// clang-format on

typedef struct counter {
    void (*check)(void *ud, const ws_case *c);
    void *ud;
    int n;
} counter;

static void visit(counter *k, const char *name, const char *variant, const char *send, const char *expect)
{
    char full[64];
    snprintf(full, sizeof full, "%s%s", name, variant);
    const ws_case c = {full, send, expect};
    k->check(k->ud, &c);
    k->n++;
}

/* 3: each of the reserved bits in each kind of frame, after a good one; what follows is not answered. */
static void visit_reserved_bits(counter *k)
{
    static const char *const FRAMES[] = {"T'a'", "B'a'", "P'a'", "O", "C1000", "t'a'"};
    char name[32], send[64];
    for (int rsv = 1; rsv <= 7; rsv++) {
        for (size_t i = 0; i < sizeof FRAMES / sizeof FRAMES[0]; i++) {
            snprintf(name, sizeof name, "3.%d.%zu", rsv, i + 1);
            snprintf(send, sizeof send, "T'good' =%d%s P", rsv, FRAMES[i]);
            visit(k, name, "", send, "T'good' C1002");
        }
    }
}

/* 4: opcodes without a meaning. */
static void visit_opcodes(counter *k)
{
    static const char DIGITS[] = "34567bcdef";
    char name[32], send[64];
    for (int i = 0; DIGITS[i] != '\0'; i++) {
        snprintf(name, sizeof name, "4.%c", DIGITS[i]);
        snprintf(send, sizeof send, "#%c", DIGITS[i]);
        visit(k, name, ".1", send, "C1002");
        snprintf(send, sizeof send, "T'good' #%c'payload' P", DIGITS[i]);
        visit(k, name, ".2", send, "T'good' C1002");
        snprintf(send, sizeof send, "t'begun' #%c'payload' K", DIGITS[i]);
        visit(k, name, ".3", send, "C1002");
    }
}

/* 6: a text in one frame, and in as many as it has bytes. */
static void visit_texts(counter *k, const text *texts, size_t n_texts, bool is_valid)
{
    static char send[SCRIPT_BYTES_MAX];
    char expect[1024];
    for (size_t i = 0; i < n_texts; i++) {
        const char *const hex = texts[i].hex;
        snprintf(expect, sizeof expect, is_valid ? "T<%s> C1000" : "C1007", hex);
        snprintf(send, sizeof send, "T<%s> C1000", hex);
        visit(k, texts[i].name, "", send, expect);
        int n = snprintf(send, sizeof send, "t");
        for (size_t at = 0; hex[at] != '\0'; at += 2)
            n += snprintf(send + n, sizeof send - (size_t)n, " k<%.2s>", hex + at);
        snprintf(send + n, sizeof send - (size_t)n, " K C1000");
        visit(k, texts[i].name, " in fragments", send, expect);
    }
}

/* 10: a message in fragments of one size. */
static void visit_fragments(counter *k)
{
    static const int SIZES[] = {1300, 64, 4096, 65535};
    static char send[SCRIPT_BYTES_MAX];
    char name[32];
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        int n = snprintf(send, sizeof send, "t");
        for (int left = 65536; left > 0; left -= SIZES[i])
            n += snprintf(send + n, sizeof send - (size_t)n, " k*%d", left < SIZES[i] ? left : SIZES[i]);
        snprintf(send + n, sizeof send - (size_t)n, " K C1000");
        snprintf(name, sizeof name, "10.1.%zu", i + 1);
        visit(k, name, "", send, "T*65536 C1000");
    }
}

int ws_cases_each(void (*check)(void *ud, const ws_case *c), void *ud)
{
    counter k = {check, ud, 0};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        visit(&k, CASES[i].name, "", CASES[i].send, CASES[i].expect);
    visit_reserved_bits(&k);
    visit_opcodes(&k);
    visit_texts(&k, VALID, sizeof VALID / sizeof VALID[0], true);
    visit_texts(&k, INVALID, sizeof INVALID / sizeof INVALID[0], false);
    visit_fragments(&k);
    return k.n;
}
