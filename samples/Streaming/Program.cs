using TransformerXL;
using TransformerXL.Inference.Sampling;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;

// Usage: streaming-example RUN PROMPT
using CpuBackend backend = new();
ModelFolder trained = ModelFolder.Load(args[0]);

// Ctrl+C ends the text, not the program.
using CancellationTokenSource stop = new();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

GenerationOptions options = GenerationOptions.ForTrained(trained.Configuration.Context) with
{
    MaxTokens = 200,
    Seed = 1,
    Sampling = new SamplingOptions { Temperature = 0.6, TopP = 0.95 },
};
Console.Write(args[1]);
try
{
    await foreach (string piece in new Generator(trained.Model, trained.Vocabulary, backend).GenerateAsync(args[1], options, stop.Token))
    {
        Console.Write(piece);
    }
}
catch (OperationCanceledException)
{
    Console.Write(" ...");
}

Console.WriteLine();
