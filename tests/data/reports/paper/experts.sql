SELECT test.subject, test.name, test.repeat, expert_tokens, experts, experts_used, layer, hex(counts)
FROM expert JOIN test ON test.id = test_id
WHERE run_id = :run AND phase = 'measure' AND mode = 'stream' ORDER BY test.id, layer;
