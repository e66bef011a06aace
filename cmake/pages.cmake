# Man pages and completions, which the built program prints from its own tables of options.  A program for another
# processor runs in the emulator of the toolchain.
set(SPILLWAY_PAGES ${CMAKE_BINARY_DIR}/pages)
set(RUN_SPILLWAY ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:spillway>)
set(PAGE_COMMANDS run serve bench stress report protocol runs compare baseline trend monitor inspect plan devices tokenize logits parity experts synth perf quantize limits completions man)
set(PAGE_FILES)

# Adds a rule: the output of `spillway ARGUMENTS` is FILE.
function(spillway_page file)
  get_filename_component(folder ${SPILLWAY_PAGES}/${file} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  list(JOIN ARGN " " arguments)
  list(JOIN RUN_SPILLWAY "' '" program)
  add_custom_command(OUTPUT ${SPILLWAY_PAGES}/${file}
    COMMAND sh -c "'${program}' ${arguments} > ${SPILLWAY_PAGES}/${file}"
    DEPENDS spillway VERBATIM)
  set(PAGE_FILES ${PAGE_FILES} ${SPILLWAY_PAGES}/${file} PARENT_SCOPE)
endfunction()

spillway_page(man/spillway.1 man)
foreach(command ${PAGE_COMMANDS})
  spillway_page(man/spillway-${command}.1 man ${command})
endforeach()
spillway_page(man/spillway-bench-review.1 man bench review)
spillway_page(bash/spillway completions bash)
spillway_page(zsh/_spillway completions zsh)
spillway_page(fish/spillway.fish completions fish)
add_custom_target(pages ALL DEPENDS ${PAGE_FILES})

install(DIRECTORY ${SPILLWAY_PAGES}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${SPILLWAY_PAGES}/bash/spillway DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${SPILLWAY_PAGES}/zsh/_spillway DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${SPILLWAY_PAGES}/fish/spillway.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
