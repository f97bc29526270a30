using TransformerXL;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;

// Usage: sessions-example RUN FOLDER
using CpuBackend backend = new();
ModelFolder trained = ModelFolder.Load(args[0]);
Generator generator = new(trained.Model, trained.Vocabulary, backend);
GenerationOptions options = new() { MaxTokens = 40, Seed = 1 };

// All users share what this session reads; a fork costs its memory alone, the weights are shared.
InferenceSession common = InferenceSession.Create(trained.Model, backend, InferenceOptions.ForTrained(trained.Configuration.Context));
await Turn(common, "The river keeps the stone.\n", options with { MaxTokens = 1 });

foreach ((string user, string prompt) in new[] { ("ann", "The old river "), ("bob", "The mountain ") })
{
    InferenceSession session = common.Fork();
    string text = await Turn(session, prompt, options);
    Console.WriteLine($"{user}: {prompt}{text.ReplaceLineEndings(" ")}");

    // A file, a database, a cache: whatever has a stream.
    using FileStream file = File.Create(Path.Combine(args[1], user + ".session"));
    session.Save(file);
}

// Later, perhaps in another process with the same weights: each conversation continues where it stopped.
foreach (string user in new[] { "ann", "bob" })
{
    InferenceSession session = common.Fork();
    using (FileStream file = File.OpenRead(Path.Combine(args[1], user + ".session")))
    {
        session.Load(file);
    }

    long before = session.Tokens;
    string text = await Turn(session, "", options with { Seed = 2 });
    Console.WriteLine($"{user} after {before} tokens: {text.ReplaceLineEndings(" ")}");
}

async Task<string> Turn(InferenceSession session, string prompt, GenerationOptions how)
{
    List<string> pieces = [];
    await foreach (string piece in generator.GenerateAsync(session, prompt, how))
    {
        pieces.Add(piece);
    }

    return string.Concat(pieces);
}
