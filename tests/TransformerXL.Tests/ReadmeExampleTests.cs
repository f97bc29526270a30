using TransformerXL.Data;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Testing;
using TransformerXL.Training;
using Xunit;

namespace TransformerXL.Tests;

/// <summary>The program that README.md shows: the lines between the marks stand there to the letter, and they run.</summary>
public sealed class ReadmeExampleTests
{
    [Fact]
    public async Task The_program_in_the_readme_runs()
    {
        using TemporaryFolder temporary = new();
        string textFile = temporary["text.txt"], folder = temporary["example"];
        File.WriteAllText(textFile, string.Concat(Enumerable.Range(0, 600).Select(i => $"Line {i} of the text says {i * i % 97}.\n")));
        TextWriter output = Console.Out;
        using StringWriter written = new();
        Console.SetOut(written);
        try
        {
            await Example(textFile, folder);
        }
        finally
        {
            Console.SetOut(output);
        }

        Assert.Contains("bits per character", written.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_readme_shows_the_program_to_the_letter()
    {
        string source = File.ReadAllText(Path.Combine(FixtureFolders.Repository, "tests", "TransformerXL.Tests", "ReadmeExampleTests.cs"));
        string body = source.Split("// <readme>\n")[1].Split("        // </readme>")[0];
        string program = string.Join('\n', body.Split('\n').Select(line => line.Length > 8 ? line[8..] : line.Trim())).Trim();
        Assert.Contains(program, File.ReadAllText(Path.Combine(FixtureFolders.Repository, "README.md")), StringComparison.Ordinal);
    }

    private static async Task Example(string textFile, string folder)
    {
        // <readme>
        using CpuBackend backend = new();
        Corpus corpus = Corpus.Prepare(new CorpusOptions { Path = textFile }, Path.Combine(folder, "data"));
        RunConfiguration configuration = new()
        {
            Model = new ModelConfiguration { VocabularySize = corpus.Vocabulary.Count, Layers = 2, ModelSize = 64, Heads = 4 },
            Context = new ContextConfiguration { TargetLength = 64, MemoryLength = 64 },
            Training = new TrainingConfiguration { Steps = 60, BatchSize = 8, LearningRate = 2e-3 },
        };
        Trainer trainer = Trainer.Create(configuration, corpus, backend, Path.Combine(folder, "run"));
        await trainer.RunAsync(new Progress<TrainingReport>(Console.WriteLine));

        Evaluator evaluator = new(trainer.Model, backend);
        EvaluationResult result = evaluator.Evaluate(corpus.Test, EvaluationOptions.ForTrained(configuration.Context));
        Console.WriteLine($"{result.BitsPerCharacter:F3} bits per character");

        Generator generator = new(trainer.Model, corpus.Vocabulary, backend);
        GenerationOptions options = GenerationOptions.ForTrained(configuration.Context) with { MaxTokens = 200 };
        await foreach (string piece in generator.GenerateAsync("Line ", options))
        {
            Console.Write(piece);
        }
        // </readme>
    }
}
