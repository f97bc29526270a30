using TransformerXL;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;

// Usage: classifier-example RUN TEXT; the run is of 'txl train --task classify'.
using CpuBackend backend = new();
Classifier classifier = new(ModelFolder.Load(args[0]), backend);
Classification result = classifier.Classify(args[1]);
Console.WriteLine($"{result.Labels[0]}: {result.Probabilities.Max(label => label.Probability):P1}");

// The tokens that moved the decision most.
foreach (TokenInfluence token in classifier.Explain(args[1]).Tokens.OrderByDescending(token => Math.Abs(token.Gradient)).Take(3))
{
    Console.WriteLine($"'{token.Text}' at {token.Start}: {token.Gradient:+0.00;-0.00}");
}
