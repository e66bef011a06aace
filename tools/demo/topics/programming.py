"""Small Python functions with an explanation and an example, in several styles."""

from __future__ import annotations

import random
from string import Template

from .phrases import Turn, spin

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


def function(rng: random.Random) -> Turn:
    """One function: request, code, explanation, example."""
    name = "factorial" if rng.random() < 0.25 else rng.choice(tuple(_FUNCTIONS))
    asks, versions, call, result = _FUNCTIONS[name]
    code, explanation = rng.choice(versions)
    values = {"f": name, "x": "n", "l": rng.choice(("values", "numbers", "items")), "s": rng.choice(("text", "word"))}
    def fill(text: str) -> str:
        return Template(text).substitute(values)
    ask = spin(rng, asks)
    user = spin(rng, "{Write|Write|Please write|Can you write|Give me|Show me} a {Python function|Python function|function in Python|python function} {to|that can} $ask{.|||?}", ask=ask)
    intro = spin(rng, "{Here is a Python function to $ask:|Here is a {simple|short|small} Python function:|Sure! Here is one way to do it:|You can write it like this:}", ask=ask)
    example = spin(rng, "{For example, `$c` returns `$r`.|Example: `$c` gives `$r`.}", c=fill(call), r=result)
    block = "```python\n" + fill(code) + "\n```"
    parts = [intro, block, spin(rng, "{|How it works: |}") + fill(explanation)]
    if name != "fizzbuzz" and rng.random() < 0.75:
        parts[2] += " " + example
    return Turn(user, "\n\n".join(parts), f"The user wants a Python function called {name}. I will write it and explain it.", brief=block)
