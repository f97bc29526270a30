using TransformerXL;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;

// Usage: scoring-example RUN TEXT OTHER
using CpuBackend backend = new();
ModelFolder trained = ModelFolder.Load(args[0]);

// How well the model predicts each token.
double bits = 0;
long tokens = 0;
TokenScore? worst = null;
await foreach (TokenScore score in new Scorer(trained.Model, trained.Vocabulary, backend).ScoreAsync(args[1], ScoringOptions.ForTrained(trained.Configuration.Context)))
{
    (bits, tokens) = (bits + score.Bits, tokens + 1);
    worst = worst is null || score.Bits > worst.Value.Bits ? score : worst;
}

Console.WriteLine($"{bits / tokens:F3} bits per token over {tokens} tokens");
if (worst is { } token)
{
    Console.WriteLine($"least expected: '{token.Text}' at {token.Position}, {token.Bits:F2} bits");
}

// Texts as vectors of length 1: the dot product is the cosine of their angle.
Embedder embedder = new(trained.Model, trained.Vocabulary, backend);
EmbeddingOptions options = EmbeddingOptions.ForTrained(trained.Configuration.Context) with { Normalizes = true };
float[] one = await embedder.EmbedAsync(args[1], options), other = await embedder.EmbedAsync(args[2], options);
Console.WriteLine($"{one.Zip(other, (a, b) => (double)a * b).Sum():F3} cosine similarity of the two texts");
