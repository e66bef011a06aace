/* error.h - a code to branch on and a sentence to read.
 *
 * Every function that can fail returns an sw_code and fills an sw_err that the caller owns.  Zero is success
 * everywhere; on failure out-parameters are NULL, 0 or unchanged.  The message names the object, the values and the
 * place, and says what to do where that is known.  The library never prints and never exits.
 */
#ifndef SPILLWAY_ERROR_H
#define SPILLWAY_ERROR_H

/* SW_NODISCARD: the compiler warns when the result is ignored.  SW_PRINTF: it checks the format string. */
#if defined(__GNUC__)
#define SW_NODISCARD         __attribute__((warn_unused_result))
#define SW_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define SW_NODISCARD
#define SW_PRINTF(fmt, args)
#endif

typedef enum sw_code {
    SW_OK = 0,
    SW_EINVAL,       // an argument or option is wrong
    SW_EFORMAT,      // bytes from outside do not have the form that they should have
    SW_EUNSUPPORTED, // well formed, but this build cannot do it
    SW_EIO,          // the operating system refused a read, write or connection
    SW_ENOMEM,       // not enough memory
    SW_ELIMIT,       // a named limit (see `spillway limits`) was reached
    SW_ENOTFOUND,    // the named thing does not exist
    SW_EBUSY,        // no room now; a later try may succeed
    SW_ECANCELED,    // cancelled by the caller
    SW_ENUMERIC,     // the model produced a value that is not finite
} sw_code;

enum { SW_ERR_MSG_BYTES = 512 }; // longer messages are cut

typedef struct sw_err {
    sw_code code;
    char msg[SW_ERR_MSG_BYTES];
} sw_err;

/* Fills *err, which may be NULL, and returns `code`.  An error that is already set is kept: the first one counts. */
sw_code sw_fail(sw_err *err, sw_code code, const char *fmt, ...) SW_PRINTF(3, 4);

/* Sets *err to "no error". */
void sw_err_clear(sw_err *err);

/* A short stable name of a code, such as "format". */
const char *sw_code_name(sw_code code);

#endif
