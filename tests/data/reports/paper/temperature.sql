SELECT subject, variant, temperature, sampled_temperature, name, repeat, status, answer FROM test
WHERE run_id = :run AND phase = 'measure' AND mode = 'sweep' ORDER BY id;
