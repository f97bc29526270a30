using TransformerXL.Analysis.Attention;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>What the heads attend to in a session is what the training forward pass says.</summary>
public sealed class TokenAttentionTests : IDisposable
{
    private const int Memory = 12, Target = 30;

    private readonly CpuBackend _backend = new(threads: 1);

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData(nameof(SmallModels.Plain), 0, Precision.Float32, 1e-5)]
    [InlineData(nameof(SmallModels.PreNorm), 5, Precision.Float32, 1e-5)]
    [InlineData(nameof(SmallModels.Odd), 0, Precision.Float32, 1e-5)]
    [InlineData(nameof(SmallModels.Plain), 0, Precision.Bfloat16, 2e-2)]
    public void It_is_that_of_the_forward_pass_over_the_memory_and_the_token(string name, int clamp, Precision precision, double tolerance)
    {
        TransformerXLModel model = SmallModels.Named(name);
        int[] ids = SmallModels.RandomIds(Target + 3, model);
        ContextConfiguration context = new() { TargetLength = 1, MemoryLength = Memory, ClampLength = clamp };
        AttentionTarget expected = Assert.Single(new AttentionReader(model, _backend).Read(ids, new AttentionOptions { Context = context, Positions = Memory + 1, Targets = [Target] }).Targets);
        InferenceSession session = InferenceSession.Create(model, _backend, new InferenceOptions { MemoryLength = Memory, ClampLength = clamp, MaxSegment = 8, Precision = precision });
        for (int at = 0; at < Target; at += 5)
        {
            session.Advance(ids.AsSpan(at, 5));
        }

        InferenceSession plain = session.Fork();
        TokenAttention attention = session.AdvanceWithAttention(ids[Target]);
        Assert.Equal((model.Configuration.Layers, Memory + 1), (attention.Layers, attention.Positions));
        Assert.Equal(ids.AsSpan(Target - Memory, Memory + 1), attention.Context);
        for (int layer = 0; layer < attention.Layers; layer++)
        {
            for (int head = 0; head < attention.Heads; head++)
            {
                float[] weights = attention.Weights(layer, head).ToArray();
                Assert.Equal(1, weights.Sum(), 1e-5);
                Assert.All(weights.Reverse().Zip(expected.Weights(layer, head).ToArray()), pair => Assert.Equal(pair.Second, pair.First, tolerance));
            }
        }

        // Looking changes nothing.
        plain.Advance([ids[Target]], results: 1);
        Assert.Equal(plain.Logits().Span.ToArray(), session.Logits().Span.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => attention.Weights(attention.Layers, 0));
    }

    [Fact]
    public void The_first_token_attends_to_itself()
    {
        InferenceSession session = InferenceSession.Create(SmallModels.Plain, _backend, new InferenceOptions { MemoryLength = Memory, MaxSegment = 8 });
        TokenAttention attention = session.AdvanceWithAttention(3);
        Assert.Equal("id", Assert.Throws<ArgumentOutOfRangeException>(() => session.AdvanceWithAttention(29)).ParamName);
        Assert.Equal([3], attention.Context);
        Assert.Equal([1f], attention.Weights(2, 1));
    }

    [Fact]
    public void Models_of_other_kinds_and_several_streams_are_refused_and_nothing_is_read()
    {
        LanguageModel lstm = LanguageModel.Create(new TransformerXLConfiguration { VocabularySize = 29, Layers = 2, ModelSize = 16, Heads = 2 }.As(Kinds.Lstm, 64), 3);
        InferenceSession other = InferenceSession.Create(lstm, _backend, new InferenceOptions { MemoryLength = Memory, MaxSegment = 8 });
        Assert.Contains("only a transformer-xl shows", Assert.Throws<InputException>(() => other.AdvanceWithAttention(3)).Message, StringComparison.Ordinal);
        InferenceSession two = InferenceSession.Create(SmallModels.Plain, _backend, new InferenceOptions { MemoryLength = Memory, MaxSegment = 8, Streams = 2 });
        Assert.Contains("2 streams", Assert.Throws<InputException>(() => two.AdvanceWithAttention(3)).Message, StringComparison.Ordinal);
        Assert.Equal((0L, 0L), (other.Tokens, two.Tokens));
    }
}
