SELECT server.subject, server.side, server.session, server.started_ms, sample.t_ms, private_bytes, gpu_process_bytes
FROM sample JOIN server ON server.run_id = sample.run_id AND server.position = sample.server
WHERE sample.run_id = :run ORDER BY server.position, sample.t_ms;
