using TransformerXL;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;

// Usage: embedder-example RUN TEXT OTHER...; the run is of 'txl train', with a task or without.
using CpuBackend backend = new();
ModelFolder trained = ModelFolder.Load(args[0]);
Embedder embedder = new(trained.Model, trained.Vocabulary, backend);
EmbeddingOptions options = EmbeddingOptions.ForTrained(trained.Configuration.Context) with { Normalizes = true };
NearestVectors nearest = new(await embedder.EmbedAsync(args[1], options), max: 3);
for (int i = 2; i < args.Length; i++)
{
    nearest.Offer(i, await embedder.EmbedAsync(args[i], options));
}

foreach (VectorMatch match in nearest.Result())
{
    Console.WriteLine($"{match.Cosine:F3} {args[match.Index]}");
}
