using Microsoft.Extensions.AI;
using TransformerXL.Inference;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;
using TransformerXL.Text;

namespace TransformerXL.Extensions.AI.Tests;

public sealed class EmbeddingGeneratorTests(SmallModel files) : IClassFixture<SmallModel>
{
    [Fact]
    public async Task Vectors_are_those_of_the_scheduler_in_the_order_of_the_texts()
    {
        await using LocalModel model = files.Load();
        IEmbeddingGenerator<string, Embedding<float>> generator = model.AsIEmbeddingGenerator();
        string[] texts = [.. Enumerable.Range(0, 40).Select(i => $"text {i}")];
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(texts);
        Assert.Equal(40, embeddings.Count);
        TextEmbedding expected = await model.Scheduler.EmbedAsync(new EmbeddingRequest { Prompt = Prompt.Of(texts[33]), Normalizes = true });
        Assert.Equal(expected.Vector, embeddings[33].Vector.ToArray());
        Assert.Equal(texts.Sum(text => text.Length), embeddings.Usage!.InputTokenCount);
        Assert.Equal(("mine", 24), (embeddings[0].ModelId, generator.GetRequiredService<EmbeddingGeneratorMetadata>().DefaultModelDimensions));
        Assert.Empty(await generator.GenerateAsync([]));
    }

    [Fact]
    public async Task A_long_list_does_not_fill_a_short_queue()
    {
        await using LocalModel model = files.Load(options => (options.MaxStreams, options.MaxQueued) = (2, 1));
        string[] texts = [.. Enumerable.Range(0, 40).Select(i => $"text {i}")];
        Assert.Equal(40, (await model.AsIEmbeddingGenerator().GenerateAsync(texts)).Count);
    }

    [Fact]
    public async Task A_sentence_encoder_has_its_own_pooling_unless_the_options_have_one()
    {
        string folder = files.Folder("sentences");
        SpecialTokensVocabulary vocabulary = new(new ByteVocabulary());
        ContextConfiguration context = new() { TargetLength = 16 };
        EncoderConfiguration configuration = new() { VocabularySize = 1, Layers = 1, ModelSize = 16, Heads = 2, InitialDeviation = 0.3f };
        LanguageModel encoder = LanguageModel.Create(configuration.For(vocabulary, context), seed: 5);
        EmbeddingConfiguration embedding = new() { Pooling = EmbeddingPooling.First, Normalizes = true };
        ModelFolder.Save(folder, encoder, vocabulary, new ModelFolderConfiguration { Model = encoder.Configuration, Context = context, Embedding = embedding });
        foreach ((EmbeddingPooling? option, EmbeddingPooling expected) in ((EmbeddingPooling?, EmbeddingPooling)[])[(null, EmbeddingPooling.First), (EmbeddingPooling.Mean, EmbeddingPooling.Mean)])
        {
            await using LocalModel model = LocalModel.Load(new TransformerXLOptions { ModelFolder = folder, Threads = 1, Pooling = option });
            TextEmbedding vector = await model.Scheduler.EmbedAsync(new EmbeddingRequest { Prompt = Prompt.Of("abc"), Pooling = expected, Normalizes = true });
            Assert.Equal(vector.Vector, (await model.AsIEmbeddingGenerator().GenerateVectorAsync("abc")).ToArray());
        }
    }

    [Fact]
    public async Task Fewer_dimensions_are_the_first_ones_at_length_one()
    {
        await using LocalModel model = files.Load();
        IEmbeddingGenerator<string, Embedding<float>> generator = model.AsIEmbeddingGenerator();
        float[] whole = (await generator.GenerateVectorAsync("abc")).ToArray(), part = (await generator.GenerateVectorAsync("abc", new EmbeddingGenerationOptions { Dimensions = 5 })).ToArray();
        Assert.Equal(5, part.Length);
        Assert.Equal(1, part.Sum(value => (double)value * value), 1e-5);
        Assert.Equal(whole[1] / whole[0], part[1] / part[0], 1e-3);
        await Assert.ThrowsAsync<InputException>(() => generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { Dimensions = 25 }));
        InputException empty = await Assert.ThrowsAsync<InputException>(() => generator.GenerateAsync(["a", ""]));
        Assert.Contains("text 1", empty.Message, StringComparison.Ordinal);
    }
}
