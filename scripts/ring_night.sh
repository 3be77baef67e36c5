#!/usr/bin/env bash
# The long runs of the tests of security and of crashes, one step after the other; a failed step does not stop the rest.
# usage: scripts/ring_night.sh [STEP...]      without a name all of them; the log stands in build/ring-night/
# A step is a function below named step_NAME; it runs pytest with the sizes of the night and a new seed.
set -uo pipefail
cd "$(dirname "$0")/.."

logs=build/ring-night
mkdir -p "$logs"
SEED=${MYPAGE_NIGHT_SEED:-$(date +%s)}

pytest() { .venv/bin/python -m pytest -q -s -p no:cacheprovider "$@"; }

# T1: 250,000 attempts and more.
step_ring() {
    MYPAGE_RING_SIZE=${MYPAGE_RING_SIZE:-8} MYPAGE_RING_SEED=$SEED pytest tests/security/test_ring.py
}

# T1, T22 for staff: every id of other tenants at every desk, every hostile text at every desk, form and file.
step_desks() {
    MYPAGE_RING_SIZE=${MYPAGE_DESKS_SIZE:-2} MYPAGE_RING_SEED=$SEED \
        pytest tests/security/test_staff_ring.py tests/security/test_staff_injection.py
}

# T19: 100,000 malformed requests and more.
step_malformed() {
    MYPAGE_FUZZ_SIZE=${MYPAGE_FUZZ_SIZE:-100000} MYPAGE_FUZZ_SEED=$SEED pytest tests/security/test_malformed.py tests/security/test_staff_malformed.py
}

# T13, T14, T30: 100 rounds of every kind of kill and stop, every failpoint in all four modes.
step_faults() {
    MYPAGE_FAULT_ROUNDS=${MYPAGE_FAULT_ROUNDS:-100} MYPAGE_FAULT_SEED=$SEED pytest tests/faults
}

# T6, T9: 10,000 races of sessions, 10,000 guesses and numbers.
step_sessions() {
    MYPAGE_RING_SIZE=${MYPAGE_SESSION_SIZE:-10} MYPAGE_RING_SEED=$SEED \
        pytest tests/security/test_session_races.py tests/security/test_brute_force.py
}

# T8: 2,000 logins of each class, whose times are judged.
step_enumeration() {
    MYPAGE_RING_SIZE=${MYPAGE_TIMES_SIZE:-100} MYPAGE_RING_SEED=$SEED pytest tests/security/test_enumeration.py
}

# T10: 500 rounds of each link.
step_links() {
    MYPAGE_RING_SIZE=${MYPAGE_LINKS_SIZE:-20} pytest tests/security/test_mail_links.py
}

# T11: 100 rounds of each form.
step_presses() {
    MYPAGE_RING_SIZE=${MYPAGE_PRESSES_SIZE:-98} pytest tests/security/test_double_submit.py
}

# T12: 100 rounds of each limit.
step_limits() {
    MYPAGE_RING_SIZE=${MYPAGE_LIMITS_SIZE:-34} pytest tests/security/test_limit_races.py
}

# 100,000 histories billed by the run over the database, each compared with the plain reference.
step_billing() {
    MYPAGE_BILLING_HISTORIES=${MYPAGE_BILLING_HISTORIES:-100000} MYPAGE_PRICE_SEED=$SEED pytest tests/billing/test_run_reference.py
}

all_steps() { compgen -A function step_ | sed 's/^step_//'; }

steps=("$@")
[ ${#steps[@]} -gt 0 ] || mapfile -t steps < <(all_steps)

endings=()
result=0
for name in "${steps[@]}"; do
    declare -F "step_$name" >/dev/null || { echo "no step $name; there are: $(all_steps | xargs)" >&2; exit 2; }
done
for name in "${steps[@]}"; do
    echo "== $name, seed $SEED"
    "step_$name" 2>&1 | tee "$logs/$name.log"
    ended=${PIPESTATUS[0]}
    [ "$ended" = 0 ] || result=1
    endings+=("$name: exit $ended, $(tail -n 1 "$logs/$name.log" | tr -d '=')")
    mapfile -t -O ${#endings[@]} endings < <(sed -n '/= figures =/,/^=\{3,\} [^f]/{/^=/d;s/^/    /;p}' "$logs/$name.log")
done

echo
printf '%s\n' "${endings[@]}"
exit "$result"
