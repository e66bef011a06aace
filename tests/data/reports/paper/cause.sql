SELECT subject, server, name, number, text, source FROM fact WHERE run_id = :run ORDER BY subject, server, name;
SELECT server.subject, server.side, sample.t_ms, sample.private_bytes, sample.gpu_process_bytes
FROM sample JOIN server ON server.run_id = sample.run_id AND server.position = sample.server
WHERE sample.run_id = :run ORDER BY sample.t_ms;
SELECT test.subject, test.mode, test.variant, test.name, test.repeat, test.status, test.completion_tokens,
  test.end_ns, event.i, event.t_ns, event.n_tokens, event.n_bytes, event.is_reasoning
FROM test LEFT JOIN event ON event.test_id = test.id
WHERE test.run_id = :run AND test.phase = 'measure' ORDER BY test.id, event.i;
