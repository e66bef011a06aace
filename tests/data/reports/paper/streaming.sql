SELECT test.subject, test.mode, test.variant, test.name, test.repeat, test.status, test.completion_tokens,
  test.end_ns, event.i, event.t_ns, event.n_tokens, event.n_bytes, event.is_reasoning
FROM test LEFT JOIN event ON event.test_id = test.id
WHERE test.run_id = :run AND test.phase = 'measure' ORDER BY test.id, event.i;
SELECT name, number FROM fact WHERE run_id = :run AND name LIKE 'objective_%' ORDER BY name;
