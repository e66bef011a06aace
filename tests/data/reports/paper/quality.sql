SELECT subject, mode, variant, name, repeat, kind, status, answer, reasoning FROM test
WHERE run_id = :run AND phase = 'measure' ORDER BY id;
SELECT test.subject, test.mode, test.variant, test.name, test.repeat, test_check.name AS check_name,
  test_check.kind, is_technical, weight, outcome, detail
FROM test JOIN test_check ON test_id = test.id WHERE run_id = :run AND phase = 'measure' ORDER BY test.id, i;
SELECT subject, name, repeat, review.* FROM review JOIN test ON test.id = test_id
WHERE run_id = :run ORDER BY test_id, reviewer;
