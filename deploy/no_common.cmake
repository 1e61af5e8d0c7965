set(LLAMA_BUILD_COMMON OFF) # Halfpenny uses only llama.cpp's library: this shadows the package's own ON and halves the build.
