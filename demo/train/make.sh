#!/usr/bin/env bash
# Makes the shipped toy models again: demo/snowball/{planner,critic,evaluator,flux}. About 55 minutes on two cores.
#
#     NODE=path/to/node PYTHON=.venv/bin/python demo/train/make.sh [scratch folder, 3 GB]
#
# Needs a C compiler (torch.compile). The seeds of these scenes differ from those of the demo's questions.
set -euo pipefail
cd "$(dirname "$0")/../.."
node=${NODE:-node}
python=${PYTHON:-.venv/bin/python}
scratch=${1:-.snowball/toy-models}
mkdir -p "$scratch"

"$node" demo/world/training.ts --out "$scratch/train-a" --seed train-1 --from 0 --count 7002 &
first=$!
"$node" demo/world/training.ts --out "$scratch/train-b" --seed train-1 --from 7002 --count 7002 &
wait "$first"
wait "$!"
"$node" demo/world/training.ts --out "$scratch/valid" --seed valid-1 --count 600
scenes=("$scratch/train-a" "$scratch/train-b")

"$python" demo/train/train_critic.py --scenes "${scenes[@]}" --valid "$scratch/valid" \
  --out "$scratch/critic" --seed 1 >"$scratch/critic.log" &
first=$!
"$python" demo/train/train_critic.py --scenes "${scenes[@]}" --valid "$scratch/valid" \
  --out "$scratch/evaluator" --seed 2 --until blended >"$scratch/evaluator.log" &
wait "$first"
wait "$!"
"$python" demo/train/train_planner.py --scenes "${scenes[@]}" --vision "$scratch/critic.cells.pt" \
  --out "$scratch/planner" --seed 3
"$python" demo/train/check_planner.py "$scratch/planner" --scenes "$scratch/valid"

mkdir -p demo/snowball
for role in planner critic evaluator; do
  rm -rf "demo/snowball/$role"
  cp -r "$scratch/$role" "demo/snowball/$role"
done
for role in critic evaluator; do "$python" demo/train/export_onnx.py "demo/snowball/$role"; done
"$python" demo/train/make_flux.py
