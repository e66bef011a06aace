SELECT position, name, family, file_name, file_hash, quantization, file_bytes, n_parameters, n_active_parameters,
  n_layers, n_experts, n_experts_used, n_experts_shared, n_ctx_train
FROM subject WHERE run_id = :run ORDER BY position;
