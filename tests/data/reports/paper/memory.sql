SELECT subject, server, name, number, text, source FROM fact WHERE run_id = :run ORDER BY subject, server, name;
SELECT server.subject, server.side, sample.t_ms, sample.private_bytes, sample.gpu_process_bytes
FROM sample JOIN server ON server.run_id = sample.run_id AND server.position = sample.server
WHERE sample.run_id = :run ORDER BY sample.t_ms;
