using TransformerXL;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;

// Usage: answerer-example RUN QUESTION TEXT; the run is of 'txl train --task answer'.
using CpuBackend backend = new();
Answerer answerer = new(ModelFolder.Load(args[0]), backend);
Answer answer = answerer.Answer(args[1], args[2]);
Console.WriteLine(answer.Start < 0
    ? $"the text does not say ({answer.NoAnswerProbability:P1})"
    : $"'{answer.Text}' from {answer.Start} to {answer.End} ({answer.Probability:P1})");
