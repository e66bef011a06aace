SELECT subject, mode, variant, name, repeat, status, error, finish_reason, prompt_tokens, cached_tokens,
  completion_tokens, scheduled_ns, headers_ns, first_event_ns, end_ns, queue_ms, prompt_ms, decode_ms, answer,
  reasoning, hex(token_ids) AS token_ids
FROM test WHERE run_id = :run AND phase = 'measure' ORDER BY id;
SELECT test.subject, test.mode, test.variant, test.name, test.repeat, test.status, test.completion_tokens,
  test.end_ns, event.i, event.t_ns, event.n_tokens, event.n_bytes, event.is_reasoning
FROM test LEFT JOIN event ON event.test_id = test.id
WHERE test.run_id = :run AND test.phase = 'measure' ORDER BY test.id, event.i;
SELECT test.subject, test.mode, test.variant, test.name, test.repeat, test_check.name AS check_name,
  test_check.kind, is_technical, weight, outcome, detail
FROM test JOIN test_check ON test_id = test.id WHERE run_id = :run AND phase = 'measure' ORDER BY test.id, i;
