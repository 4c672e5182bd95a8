"""A script that runs lm-evaluation-harness with answers at random, and says what it found of its task."""

LM_EVAL = """
import json, pathlib, lm_eval
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager
rows = [{"q": f"question {n}", "choices": ["a", "b", "c", "d"], "label": n % 4} for n in range(24)]
pathlib.Path("docs.jsonl").write_text("".join(json.dumps(row) + "\\n" for row in rows))
pathlib.Path("mini.yaml").write_text(json.dumps({
    "task": "mini", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "docs.jsonl"}},
    "test_split": "test", "output_type": "multiple_choice", "doc_to_text": "{{q}}", "doc_to_choice": "{{choices}}",
    "doc_to_target": "label", "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}], "metadata": {"version": 2.0},
}))
tracker = EvaluationTracker(output_path="out")
found = lm_eval.simple_evaluate(
    model="dummy", tasks=["mini"], task_manager=TaskManager(include_path=".", include_defaults=False),
    log_samples=True, evaluation_tracker=tracker,
)
samples = found.pop("samples")
tracker.save_results_aggregated(results=found, samples=samples)
tracker.save_results_samples(task_name="mini", samples=samples["mini"])
print(json.dumps(found["results"]["mini"], default=str))
"""
