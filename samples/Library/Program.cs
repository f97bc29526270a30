using TransformerXL;
using TransformerXL.Inference;
using TransformerXL.Inference.Sampling;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Presets;
using TransformerXL.Training.Settings;

// Train a small model; a second call of the program continues the run, or finds it finished.
using CpuBackend backend = new();
using Corpus corpus = Corpus.Prepare(new CorpusOptions { Path = "mytext.txt" }, "tokens");
RunConfiguration configuration = RunSettings.Standard.Apply(LaptopPresets.Tiny).For(corpus.Vocabulary.Count, out _);
configuration = configuration with { Training = configuration.Training with { Steps = 500, ValidateEvery = 100 } };
Trainer trainer = Directory.Exists("run") ? Trainer.Resume("run", corpus, backend) : Trainer.Create(configuration, corpus, backend, "run");
await trainer.RunAsync(new Progress<TrainingReport>(report =>
{
    if (report is ValidationReport validation)
    {
        Console.WriteLine($"step {validation.Step}: {validation.BitsPerCharacter:F3} bits per character on the validation text");
    }
}));

// Measure the weights with the best validation on text that was held out.
ModelFolder best = ModelFolder.Load("run");
EvaluationResult result = new Evaluator(best.Model, backend).Evaluate(corpus.Test, EvaluationOptions.ForTrained(best.Configuration.Context));
Console.WriteLine($"{result.BitsPerCharacter:F3} bits per character on the test text");

// Let the model continue a text.
const string Prompt = "The ";
Console.Write(Prompt);
GenerationOptions options = GenerationOptions.ForTrained(best.Configuration.Context) with
{
    MaxTokens = 400,
    Sampling = new SamplingOptions { Temperature = 0.6 },
};
await foreach (string piece in new Generator(best.Model, best.Vocabulary, backend).GenerateAsync(Prompt, options))
{
    Console.Write(piece);
}

Console.WriteLine();
