/* main.c - the program's entry, apart from the commands so that tests can link these. */
#include "cmd/cmd.h"

int main(int argc, char **argv)
{
    return cmd_main(argc, argv);
}
