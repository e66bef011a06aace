SELECT position, subject, side, session, url, software, command FROM server WHERE run_id = :run ORDER BY position;
SELECT server, name, number, text, source FROM fact WHERE run_id = :run AND server IS NOT NULL
ORDER BY server, name;
