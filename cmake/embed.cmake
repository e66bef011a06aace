# Files that travel inside the binary: each becomes an array of bytes, `embedded_<name>` with `_size`.
#   spillway_embed(TARGET): adds every file listed in EMBEDDED_FILES to TARGET.
set(EMBEDDED_FILES
  protocols/local-streaming.json
  protocols/stress/basic.json
  protocols/stress/long-form.json
  protocols/stress/concurrent.json
  protocols/stress/context.json
  protocols/stress/api.json
  protocols/stress/memory.json
  protocols/stress/consistency.json
  protocols/stress/reasoning.json
  protocols/stress/conversation.json
  protocols/stress/routing.json
  protocols/stress/specialisation.json
  protocols/stress/context-saturation.json
  protocols/stress/specialisation-challenge.json
  protocols/stress/offload-sweep.json
  protocols/stress/production-load.json
  protocols/stress/marathon.json
  protocols/stress/criteria.json
  protocols/stress/facts.json
  protocols/stress/domains.json
  docs/protocol.schema.json
  docs/stress.schema.json
  src/measure/quality/sandbox_harness.py
  web/dist/report.js
  web/dist/report.css
  web/src/review.html
  web/dist/review.js
  web/dist/review.css
  web/dist/trend.js
  web/dist/trend.css)

function(spillway_embed target)
  foreach(path ${EMBEDDED_FILES})
    if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${path})
      continue()
    endif()
    string(MAKE_C_IDENTIFIER ${path} name)
    set(out ${CMAKE_BINARY_DIR}/embedded/${name}.c)
    add_custom_command(OUTPUT ${out}
      COMMAND ${CMAKE_COMMAND} -DIN=${CMAKE_SOURCE_DIR}/${path} -DNAME=${name} -DOUT=${out}
              -P ${CMAKE_SOURCE_DIR}/cmake/embed_file.cmake
      DEPENDS ${path} cmake/embed_file.cmake
      COMMENT "Embedding ${path}")
    target_sources(${target} PRIVATE ${out})
  endforeach()
endfunction()
