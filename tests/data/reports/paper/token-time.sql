SELECT test.subject, test.name, test.repeat, event.i, event.t_ns, event.n_tokens
FROM test JOIN event ON event.test_id = test.id
WHERE test.run_id = :run AND test.phase = 'measure' AND test.mode = 'stream' AND test.status = 'completed'
ORDER BY test.id, event.i;
