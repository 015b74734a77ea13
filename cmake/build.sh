# shellcheck shell=sh
# Sourced by the scripts: the build configurations, for CMake 3.20 and later (CMakePresets.json has the same for people and editors).
# `root` is the project's folder.

ashlar_flags() { # CONFIGURATION: its CMake options, one a line
    case $1 in
        release) printf '%s\n' -DCMAKE_BUILD_TYPE=Release ;;
        dev) printf '%s\n' -DCMAKE_BUILD_TYPE=RelWithDebInfo '-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O2 -g' -DASHLAR_WERROR=ON ;;
        asan)
            printf '%s\n' -DCMAKE_BUILD_TYPE=RelWithDebInfo '-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O1 -g' -DASHLAR_SANITIZE=address,undefined \
                -DASHLAR_WITH_ISA_LEVELS=OFF -DASHLAR_BUILD_BENCH=OFF
            ;;
        minimal)
            printf '%s\n' -DCMAKE_BUILD_TYPE=Release -DASHLAR_WITH_PNG=OFF -DASHLAR_WITH_FORTRAN=OFF -DASHLAR_WITH_SLEEF=OFF -DASHLAR_WITH_BLAS=OFF \
                -DASHLAR_WITH_CODECS=OFF -DASHLAR_WITH_ZARR=OFF -DASHLAR_WITH_ISA_LEVELS=OFF -DASHLAR_BUILD_TESTS=OFF -DASHLAR_BUILD_BENCH=OFF
            ;;
        *)
            echo "cmake/build.sh: unknown configuration $1" >&2
            return 1
            ;;
    esac
}

ashlar_jobs() {
    getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2
}

# The generator a new build folder gets; an old one keeps its own.
ashlar_generator() { # FOLDER
    if [ -f "$1/CMakeCache.txt" ]; then
        return
    elif command -v ninja >/dev/null 2>&1; then
        echo Ninja
    else
        echo "Unix Makefiles"
    fi
}

# Configures and builds CONFIGURATION in build/CONFIGURATION (or FOLDER). Says little unless something fails.
ashlar_build() { # CONFIGURATION [FOLDER] [CMAKE OPTION...]
    ashlar_configuration=$1
    ashlar_folder=${2:-$root/build/$1}
    shift
    [ $# -eq 0 ] || shift
    ashlar_generator_name=$(ashlar_generator "$ashlar_folder")
    [ -z "$ashlar_generator_name" ] || set -- -G "$ashlar_generator_name" "$@"
    while IFS= read -r ashlar_flag; do
        set -- "$@" "$ashlar_flag"
    done <<FLAGS
$(ashlar_flags "$ashlar_configuration")
FLAGS
    mkdir -p "$ashlar_folder"
    echo "Building $ashlar_configuration in $ashlar_folder"
    if ! cmake -S "$root" -B "$ashlar_folder" "$@" >"$ashlar_folder/configure.log" 2>&1; then
        cat "$ashlar_folder/configure.log" >&2
        echo "The build could not be set up: see above." >&2
        return 1
    fi
    if ! cmake --build "$ashlar_folder" --parallel "$(ashlar_jobs)" >"$ashlar_folder/build.log" 2>&1; then
        cat "$ashlar_folder/build.log" >&2
        echo "The build failed: see above." >&2
        return 1
    fi
}
