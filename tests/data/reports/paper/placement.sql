SELECT server.subject, server.side, server.session, tier, tensor_class, bytes, requested, source
FROM placement JOIN server ON server.run_id = placement.run_id AND server.position = placement.server
WHERE placement.run_id = :run ORDER BY server.position, tier, tensor_class;
