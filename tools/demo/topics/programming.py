"""Small Python and C functions with an explanation, in several styles."""

from __future__ import annotations

import random
from string import Template
from typing import Optional

from .phrases import Turn, sentence, spin

# name -> (ways to ask, [(code, what it does)], example call, result). $f is the function's name, $x its argument.
_FUNCTIONS: dict[str, tuple[str, tuple[tuple[str, str], ...], str, str]] = {
    "factorial": ("{calculate factorial|calculate the factorial of a number|compute factorials|compute the factorial}", (
        ("def $f($x):\n    if $x < 0:\n        raise ValueError(\"$x must not be negative\")\n    result = 1\n    for i in range(2, $x + 1):\n        result *= i\n    return result",
         "It multiplies all numbers from 2 to $x in a loop. For 0 and 1 the loop does nothing, so the result is 1."),
        ("def $f($x):\n    if $x <= 1:\n        return 1\n    return $x * $f($x - 1)",
         "It is recursive: the factorial of $x is $x times the factorial of $x - 1, and the factorial of 0 or 1 is 1."),
    ), "$f(5)", "120"),
    "fibonacci": ("{calculate fibonacci numbers|compute the n-th fibonacci number|calculate the fibonacci sequence}", (
        ("def $f($x):\n    a, b = 0, 1\n    for _ in range($x):\n        a, b = b, a + b\n    return a",
         "It keeps the last two numbers and adds them $x times, so it needs only linear time."),
        ("def $f($x):\n    if $x < 2:\n        return $x\n    return $f($x - 1) + $f($x - 2)",
         "It is recursive: each number is the sum of the two before it. This is simple but slow for large $x."),
    ), "$f(10)", "55"),
    "maximum": ("{find the maximum of a list|find the largest number in a list|return the largest element}", (
        ("def $f($l):\n    best = $l[0]\n    for value in $l:\n        if value > best:\n            best = value\n    return best",
         "It remembers the best value so far and compares it with every element."),
    ), "$f([3, 9, 4])", "9"),
    "reverse": ("{reverse a string|turn a string around}", (
        ("def $f($s):\n    return $s[::-1]", "The slice with step -1 walks through the string from the end to the start."),
        ("def $f($s):\n    result = \"\"\n    for char in $s:\n        result = char + result\n    return result",
         "It puts every character in front of the result, so the order is turned around."),
    ), "$f(\"abc\")", "\"cba\""),
    "is_prime": ("{check if a number is prime|test for prime numbers|check whether a number is a prime}", (
        ("def $f($x):\n    if $x < 2:\n        return False\n    i = 2\n    while i * i <= $x:\n        if $x % i == 0:\n            return False\n        i += 1\n    return True",
         "It tries all divisors up to the square root of $x. If none divides $x, the number is prime."),
    ), "$f(7)", "True"),
    "total": ("{sum a list|add all numbers in a list|compute the sum of a list}", (
        ("def $f($l):\n    result = 0\n    for value in $l:\n        result += value\n    return result", "It starts at 0 and adds every value of the list."),
        ("def $f($l):\n    return sum($l)", "It uses the built-in function sum."),
    ), "$f([1, 2, 3])", "6"),
    "is_palindrome": ("{check if a string is a palindrome|test for palindromes|check for a palindrome}", (
        ("def $f($s):\n    $s = $s.lower()\n    return $s == $s[::-1]", "It compares the lower-case string with its reverse. If both are equal, it is a palindrome."),
    ), "$f(\"Anna\")", "True"),
    "count_vowels": ("{count vowels in a string|count the vowels of a word}", (
        ("def $f($s):\n    return sum(1 for char in $s.lower() if char in \"aeiou\")", "It looks at every character and counts those that are vowels."),
    ), "$f(\"banana\")", "3"),
    "gcd": ("{compute the greatest common divisor|calculate the gcd of two numbers}", (
        ("def $f(a, b):\n    while b:\n        a, b = b, a % b\n    return a", "This is the algorithm of Euclid: replace the pair by the smaller number and the remainder until the remainder is 0."),
    ), "$f(12, 18)", "6"),
    "average": ("{compute the average of a list|calculate the mean of a list}", (
        ("def $f($l):\n    if not $l:\n        return 0\n    return sum($l) / len($l)", "It divides the sum by the number of elements. An empty list gives 0."),
    ), "$f([2, 4, 6])", "4.0"),
    "binary_search": ("{do a binary search|search in a sorted list|implement binary search}", (
        ("def $f($l, target):\n    low, high = 0, len($l) - 1\n    while low <= high:\n        mid = (low + high) // 2\n        if $l[mid] == target:\n            return mid\n        if $l[mid] < target:\n            low = mid + 1\n        else:\n            high = mid - 1\n    return -1",
         "It looks at the middle element and throws away the half that cannot hold the target, until it is found or nothing is left."),
    ), "$f([1, 3, 5, 7], 5)", "2"),
    "bubble_sort": ("{sort a list|implement bubble sort|sort numbers with bubble sort}", (
        ("def $f($l):\n    n = len($l)\n    for i in range(n):\n        for j in range(n - 1 - i):\n            if $l[j] > $l[j + 1]:\n                $l[j], $l[j + 1] = $l[j + 1], $l[j]\n    return $l",
         "It compares neighbours and swaps them if they are in the wrong order, until the list is sorted."),
    ), "$f([3, 1, 2])", "[1, 2, 3]"),
    "is_even": ("{check if a number is even|test whether a number is even}", (
        ("def $f($x):\n    return $x % 2 == 0", "A number is even if the remainder after division by 2 is 0."),
    ), "$f(4)", "True"),
    "to_fahrenheit": ("{convert celsius to fahrenheit|turn celsius into fahrenheit}", (
        ("def $f($x):\n    return $x * 9 / 5 + 32", "It multiplies by 9/5 and adds 32."),
    ), "$f(100)", "212.0"),
    "fizzbuzz": ("{play fizzbuzz|print fizzbuzz|solve fizzbuzz}", (
        ("def $f($x):\n    for i in range(1, $x + 1):\n        if i % 15 == 0:\n            print(\"FizzBuzz\")\n        elif i % 3 == 0:\n            print(\"Fizz\")\n        elif i % 5 == 0:\n            print(\"Buzz\")\n        else:\n            print(i)",
         "It prints Fizz for multiples of 3, Buzz for multiples of 5, FizzBuzz for both, and the number otherwise."),
    ), "$f(3)", "1, 2, Fizz"),
}


# name -> (ways to ask, Python expression, C expression or "", explanation). $k is a number: one can ask for functions nobody has seen.
_WITH_NUMBER: dict[str, tuple[str, str, str, str]] = {
    "add_$k": ("{add $k to a number|increase a number by $k}", "n + $k", "n + $k", "it adds $k to the number"),
    "subtract_$k": ("{subtract $k from a number|decrease a number by $k}", "n - $k", "n - $k", "it takes $k away from the number"),
    "times_$k": ("{multiply a number by $k|multiply by $k}", "n * $k", "n * $k", "it multiplies the number by $k"),
    "divisible_by_$k": ("{check if a number is divisible by $k|test whether a number is a multiple of $k}", "n % $k == 0", "n % $k == 0",
                        "the remainder of a division by $k must be 0"),
    "above_$k": ("{check if a number is greater than $k|test whether a number is above $k}", "n > $k", "n > $k", "it compares the number with $k"),
    "at_most_$k": ("{limit a number to $k|cap a number at $k}", "min(n, $k)", "n < $k ? n : $k", "it returns the number, but never more than $k"),
    "keep_above_$k": ("{keep the numbers greater than $k|filter the numbers greater than $k}", "[n for n in numbers if n > $k]", "", "it keeps the elements that are greater than $k"),
    "count_$k": ("{count how often $k occurs in a list|count the elements equal to $k}", "numbers.count($k)", "", "the method count finds how often $k occurs"),
    "last_$k": ("{return the last $k elements of a list|get the last $k elements}", "numbers[-$k:]", "", "a slice from -$k takes the last $k elements"),
    "add_$k_to_all": ("{add $k to every element of a list|add $k to all numbers in a list}", "[n + $k for n in numbers]", "", "it builds a new list in which every number is $k larger"),
}
# name -> (ways to ask, code, explanation)
_C_FUNCTIONS: dict[str, tuple[str, str, str]] = {
    "maximum": ("{return the larger of two numbers|find the maximum of two numbers}", "int maximum(int a, int b)\n{\n    return a > b ? a : b;\n}", "it compares the two numbers and returns the larger one"),
    "factorial": ("{calculate factorial|calculate the factorial of a number}", "long factorial(int n)\n{\n    long result = 1;\n    for (int i = 2; i <= n; i++)\n        result *= i;\n    return result;\n}",
                  "it multiplies all numbers from 2 to n in a loop"),
    "length": ("{find the length of a string|count the characters of a string}", "int length(const char *text)\n{\n    int n = 0;\n    while (text[n] != '\\0')\n        n++;\n    return n;\n}", "it counts characters until the zero at the end"),
    "swap": ("{swap two numbers|exchange two numbers}", "void swap(int *a, int *b)\n{\n    int old = *a;\n    *a = *b;\n    *b = old;\n}", "pointers let it change the variables of the caller"),
    "total": ("{sum an array|add all numbers in an array}", "int total(const int *values, int n)\n{\n    int result = 0;\n    for (int i = 0; i < n; i++)\n        result += values[i];\n    return result;\n}", "it starts at 0 and adds every value"),
    "is_even": ("{check if a number is even|test whether a number is even}", "bool is_even(int n)\n{\n    return n % 2 == 0;\n}", "an even number has no remainder after division by 2"),
    "gcd": ("{compute the greatest common divisor|calculate the gcd of two numbers}", "int gcd(int a, int b)\n{\n    while (b != 0) {\n        int rest = a % b;\n        a = b;\n        b = rest;\n    }\n    return a;\n}",
            "this is the algorithm of Euclid: divide until the remainder is 0"),
    "absolute": ("{return the absolute value|compute the absolute value of a number}", "int absolute(int n)\n{\n    return n < 0 ? -n : n;\n}", "a negative number is turned around"),
}
_REQUEST = "{Write|Write|Please write|Can you write|Give me|Show me} a {$L function|$L function|function in $L} {to|that can} $ask{.|||?}"
_INTRO = "{Here is a $L function to $ask:|Here is a {simple|short|small} $L function:|Sure! Here is one way to do it:|You can write it like this:}"


def _answer(rng: random.Random, language: str, ask: str, code: str, explanation: str, key: Optional[str]) -> Turn:
    block = f"```{language.lower()}\n{code}\n```"
    text = f"{spin(rng, _INTRO, L=language, ask=ask)}\n\n{block}\n\n{explanation}"
    return Turn(spin(rng, _REQUEST, L=language, ask=ask), text, f"The user wants a {language} function. I will write it and explain it.", brief=block, key=key)


def _with_number(rng: random.Random, language: str) -> Turn:
    names = [n for n in _WITH_NUMBER if language == "Python" or _WITH_NUMBER[n][2]]
    name, k = rng.choice(names), rng.randint(2, 60)
    ask, python, c, explanation = (Template(text).safe_substitute(k=k) for text in _WITH_NUMBER[name])
    title = name.replace("$k", str(k))
    if language == "Python":
        code = f"def {title}({'numbers' if 'numbers' in python else 'n'}):\n    return {python}"
    else:
        code = f"{'bool' if '==' in c or ' > ' in c else 'int'} {title}(int n)\n{{\n    return {c};\n}}"
    return _answer(rng, language, spin(rng, ask), code, sentence(explanation) + ".", f"{language} {title}")


def c_function(rng: random.Random) -> Turn:
    """One C function: request, code, explanation."""
    if rng.random() < 0.5:
        return _with_number(rng, "C")
    name = rng.choice(tuple(_C_FUNCTIONS))
    ask, code, explanation = _C_FUNCTIONS[name]
    return _answer(rng, "C", spin(rng, ask), code, sentence(explanation) + ".", None)


def python_function(rng: random.Random) -> Turn:
    """One Python function: a classic one, or one with a number in it."""
    return _with_number(rng, "Python") if rng.random() < 0.35 else _classic(rng)


def _classic(rng: random.Random) -> Turn:
    """One function: request, code, explanation, example."""
    name = "factorial" if rng.random() < 0.25 else rng.choice(tuple(_FUNCTIONS))
    asks, versions, call, result = _FUNCTIONS[name]
    code, explanation = rng.choice(versions)
    values = {"f": name, "x": "n", "l": rng.choice(("values", "numbers", "items")), "s": rng.choice(("text", "word"))}
    def fill(text: str) -> str:
        return Template(text).substitute(values)
    ask = spin(rng, asks)
    user = spin(rng, _REQUEST, L=rng.choice(("Python", "Python", "Python", "python")), ask=ask)
    if name == "factorial" and rng.random() < 0.3:
        user = "Write a Python function to calculate factorial"
    intro = spin(rng, _INTRO, L="Python", ask=ask)
    example = spin(rng, "{For example, `$c` returns `$r`.|Example: `$c` gives `$r`.}", c=fill(call), r=result)
    block = "```python\n" + fill(code) + "\n```"
    parts = [intro, block, spin(rng, "{|How it works: |}") + fill(explanation)]
    if name != "fizzbuzz" and rng.random() < 0.75:
        parts[2] += " " + example
    return Turn(user, "\n\n".join(parts), f"The user wants a Python function called {name}. I will write it and explain it.", brief=block)
