"""Scripts that run lm-evaluation-harness, with answers at random or of a small model, and say what it found."""

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

SMALL_MODEL = """
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast
torch.manual_seed(1)
words = [*"abcdeqstuionx 0123456789", "<eos>", "<unk>", "\\n"]
tokenizer = Tokenizer(models.WordLevel({each: n for n, each in enumerate(words)}, unk_token="<unk>"))
tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
end = words.index("<eos>")
PreTrainedTokenizerFast(
    tokenizer_object=tokenizer, eos_token="<eos>", unk_token="<unk>", pad_token="<eos>"
).save_pretrained("model")
GPT2LMHeadModel(GPT2Config(
    vocab_size=len(words), n_positions=128, n_embd=32, n_layer=2, n_head=2, bos_token_id=end, eos_token_id=end
)).save_pretrained("model")
"""
SMALL_TASKS = """
import json, pathlib
rows = [
    {"q": f"question {n}", "choices": ["a", "bee", "c", "dee d"], "label": n % 4, "a": ["a", "[invalid]", "b"][n % 3]}
    for n in range(25)
]
pathlib.Path("docs.jsonl").write_text("".join(json.dumps(row) + "\\n" for row in rows))
same = {
    "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "docs.jsonl"}}, "test_split": "test",
    "doc_to_text": "{{q}}", "metadata": {"version": 2.0},
}
letter = {"function": "regex", "regex_pattern": "([a-c])"}
first = {"function": "take_first"}
generated = {**same, "output_type": "generate_until", "doc_to_target": "a", "metric_list": [{"metric": "exact_match"}]}
for task, of in {
    "chosen": {
        **same, "output_type": "multiple_choice", "doc_to_choice": "{{choices}}", "doc_to_target": "label",
        "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
    },
    "plain": {
        **generated, "generation_kwargs": {"until": ["\\n"], "max_gen_toks": 4, "do_sample": False},
        "filter_list": [{"name": "letter", "filter": [letter, first]}, {"name": "whole", "filter": [first]}],
    },
    "drawn": {
        **generated, "repeats": 4,
        "generation_kwargs": {"until": ["\\n"], "max_gen_toks": 3, "do_sample": True, "temperature": 1.0},
        "filter_list": [
            {"name": "vote", "filter": [letter, {"function": "majority_vote"}, first]},
            {"name": "first", "filter": [letter, first]},
        ],
    },
}.items():
    pathlib.Path(f"{task}.yaml").write_text(json.dumps({"task": task, **of}))
"""
SEALED_AND_KILLED = """
import json, os, sys, lm_eval, zkcompliance as zk
from lm_eval.api.registry import register_model
from lm_eval.loggers import EvaluationTracker
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
from zkcompliance.live.lm_eval import evaluate_sealed

@register_model("hf-shared")
class Shared(HFLM):  # several processes share the documents, as HFLM has it with a GPU for each
    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        if hasattr(self, "accelerator"):
            self._rank, self._world_size = self.accelerator.local_process_index, self.accelerator.num_processes
            self._device = self.accelerator.device

class Live(zk.Live):
    puts = 0
    def put(self, *given, **named):
        super().put(*given, **named)
        self.puts += 1
        if self.puts == int(sys.argv[1]) and rank in (None, "1"):
            os.kill(os.getpid(), 9)

rank, tasks = os.environ.get("RANK"), sys.argv[2].split(",")
tracker = EvaluationTracker(output_path="out")
with Live("log", key="key" if rank in (None, "0") else None, schema=zk.schemas.eval) as live:
    found = evaluate_sealed(
        live, model="hf-shared", model_args="pretrained=./model", tasks=tasks, batch_size=4, use_cache="answers",
        device=None if rank else "cpu", task_manager=TaskManager(include_path=".", include_defaults=False),
        evaluation_tracker=tracker, bootstrap_iters=0,
    )
if found is not None:
    samples = found.pop("samples")
    tracker.save_results_aggregated(results=found, samples=samples)
    for task in tasks:
        tracker.save_results_samples(task_name=task, samples=samples[task])
"""
