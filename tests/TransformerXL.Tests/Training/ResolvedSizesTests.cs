using System.Text.Json;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Training;

public sealed class ResolvedSizesTests
{
    [Fact]
    public void A_run_holds_the_sizes_that_were_left_to_their_defaults()
    {
        using TemporaryFolder folder = new();
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new(threads: 1);
        RunConfiguration configuration = TinyRun.Configuration(corpus) with
        {
            Model = new TransformerXLConfiguration { VocabularySize = corpus.Vocabulary.Count, Layers = 1, ModelSize = 24, Heads = 2 },
        };
        Trainer.Create(configuration, corpus, backend, folder["run"]);
        JsonElement model = JsonDocument.Parse(File.ReadAllText(folder["run/config.json"])).RootElement.GetProperty("model");
        Assert.Equal(
            (12, 96, 24),
            (model.GetProperty("headSize").GetInt32(), model.GetProperty("innerSize").GetInt32(), model.GetProperty("embeddingSize").GetInt32()));
        Assert.Equal(0, Trainer.Resume(folder["run"], corpus, backend).State.Step);
    }
}
