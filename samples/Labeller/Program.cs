using TransformerXL;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;

// Usage: labeller-example RUN TEXT; the run is of 'txl train --task label'.
using CpuBackend backend = new();
Labeller labeller = new(ModelFolder.Load(args[0]), backend);
Labelling result = labeller.Label(args[1]);
Console.WriteLine(string.Join(' ', result.Words.Select(word => $"{word.Word}/{word.Label}")));
foreach (LabelledSpan span in result.Spans)
{
    Console.WriteLine($"{span.Type}: '{span.Text}' from {span.Start} to {span.End}, {span.Probability:P1}");
}
