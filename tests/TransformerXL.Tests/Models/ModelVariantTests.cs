using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Random;
using TransformerXL.Training;
using Xunit;

namespace TransformerXL.Tests.Models;

/// <summary>What the reference has no tensors of: options from other editions, and the right behaviour where the reference errs.</summary>
public sealed class ModelVariantTests : IDisposable
{
    private const int Streams = 2, Length = 6;

    private static readonly ContextConfiguration Context = new() { TargetLength = Length, MemoryLength = 9 };

    private readonly CpuBackend _backend = new(CpuBackend.Best, 2);

    public static TheoryData<string> Names() => [.. Variants.Keys];

    public void Dispose() => _backend.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void The_gradient_is_the_slope_of_the_loss(string name)
    {
        LanguageModel model = Model(name);
        ModelState memory = model.CreateState(Context.MemoryLength, Streams);
        Tape tape = new(_backend);
        Loss(model, tape, memory, 0);
        float[][] remembered = [.. Enumerable.Range(0, memory.Parts).Select(part => memory[part].Span.ToArray())];
        int[] rows = [.. Enumerable.Range(0, memory.Parts).Select(part => memory[part].Shape[0])];
        tape.BeginTraining(1, 1);
        tape.Backward(Forward(model, tape, memory, 1));
        RandomStream random = new(5);
        double slope = 0;
        float[][] direction = [.. model.Parameters.Select(parameter => Direction(parameter, random))];
        foreach ((Parameter parameter, float[] step) in model.Parameters.Zip(direction))
        {
            Assert.True(parameter.HasGradient, parameter.Name);
            slope += parameter.Gradient.Span.ToArray().Zip(step, (gradient, d) => (double)gradient * d).Sum();
        }

        const float Distance = 2e-3f;
        double above = Moved(Distance), below = Moved(-2 * Distance);
        Assert.Equal(slope, (above - below) / (2 * Distance), 0.02 * (Math.Abs(slope) + 0.1));

        double Moved(float distance)
        {
            foreach ((Parameter parameter, float[] step) in model.Parameters.Zip(direction))
            {
                for (int i = 0; i < step.Length; i++)
                {
                    parameter.Value.Span[i] += distance * step[i];
                }
            }

            for (int part = 0; part < rows.Length; part++)
            {
                memory.Restore(part, rows[part], remembered[part]);
            }

            return Loss(model, tape, memory, 1);
        }
    }

    [Theory]
    [InlineData("untied biases")]
    [InlineData("gelu")]
    [InlineData("final norm")]
    [InlineData("shaw")]
    [InlineData("lstm")]
    public void Segments_with_a_memory_of_everything_equal_one_long_segment(string name)
    {
        LanguageModel model = Model(name);
        ContextConfiguration context = Context with { MemoryLength = 4 * Length };
        Tape tape = new(_backend);
        tape.BeginEvaluation();
        int[] ids = [.. Enumerable.Range(0, 3).SelectMany(Ids)];
        float[] whole = model.Forward(tape, tape.Allocate(ids), model.CreateState(24, Streams), context).Value.Span.ToArray();
        ModelState memory = model.CreateState(24, Streams);
        List<float> pieces = [];
        for (int segment = 0; segment < 3; segment++)
        {
            tape.BeginEvaluation();
            pieces.AddRange(model.Forward(tape, tape.Allocate(Ids(segment)), memory, context).Value.Span);
        }

        Assert.Equal(whole.Length, pieces.Count);
        for (int i = 0; i < whole.Length; i++)
        {
            Assert.Equal(whole[i], pieces[i], 1e-4f);
        }
    }

    [Theory]
    [InlineData("vaswani")]
    [InlineData("al-rfou")]
    public void The_memory_holds_no_positions(string name)
    {
        LanguageModel model = Model(name);
        ModelState right = model.CreateState(9, Streams), wrong = model.CreateState(9, Streams);
        Tape tape = new(_backend);
        float[] embedded = [];
        for (int segment = 0; segment < 2; segment++)
        {
            tape.BeginEvaluation();
            model.Forward(tape, tape.Allocate(Ids(segment)), right, Context);
            model.Forward(tape, tape.Allocate(Ids(segment)), wrong, Context with { ReferenceQuirks = true });
            embedded = model.Embedding.Forward(tape, tape.Allocate(Ids(segment)), right, 0).Value.Span.ToArray();
        }

        Assert.Equal(embedded, right[0].Slice(3, Length).Span.ToArray());
        Assert.NotEqual(embedded, wrong[0].Slice(3, Length).Span.ToArray());
    }

    [Fact]
    public void Absolute_queries_are_normalised_with_the_keys()
    {
        LanguageModel model = Model("vaswani pre-norm");
        float[] Hidden(bool quirks)
        {
            Tape tape = new(_backend);
            tape.BeginEvaluation();
            ContextConfiguration context = Context with { MemoryLength = 0, ReferenceQuirks = quirks };
            return model.Forward(tape, tape.Allocate(Ids(0)), model.CreateState(0, Streams), context).Value.Span.ToArray();
        }

        Assert.NotEqual(Hidden(true), Hidden(false));
    }

    public static TheoryData<string, Precision, bool> KeptForms()
    {
        TheoryData<string, Precision, bool> forms = [];
        foreach ((string name, ModelConfiguration configuration) in Variants.Where(variant => variant.Value.Family.HasAttention))
        {
            forms.Add(name, Precision.Float32, false);
            forms.Add(name, Precision.Bfloat16, false);
            forms.Add(name, Precision.Bfloat16, true);
        }

        return forms;
    }

    /// <summary>An operation that widened a weight would need, at each step, the memory that was to be saved.</summary>
    [Theory]
    [MemberData(nameof(KeptForms))]
    public void Weights_that_are_kept_as_bfloat16_are_read_as_they_are(string name, Precision precision, bool recomputes)
    {
        (LanguageModel kept, LanguageModel rounded) = KeptAndRounded(name);
        Assert.Equal(Gradients(rounded), Gradients(kept));

        float[] Gradients(LanguageModel model)
        {
            ModelState memory = model.CreateState(Context.MemoryLength, Streams);
            Tape tape = new(_backend, precision) { Recomputes = recomputes };
            for (int segment = 0; segment < 2; segment++)
            {
                tape.BeginTraining(1, (uint)segment);
                tape.Backward(Forward(model, tape, memory, segment));
                Assert.All(model.Parameters, parameter => Assert.False(parameter.IsWidened, parameter.Name));
            }

            return [.. model.Parameters.SelectMany(parameter => parameter.Gradient.Span.ToArray())];
        }
    }

    [Theory]
    [InlineData("untied biases")]
    [InlineData("clusters")]
    [InlineData("clusters of one width")]
    [InlineData("shaw")]
    public void A_session_reads_weights_that_are_kept_as_bfloat16_without_a_copy_that_stays(string name)
    {
        (LanguageModel kept, LanguageModel rounded) = KeptAndRounded(name);
        Assert.Equal(Logits(rounded), Logits(kept));
        Assert.All(kept.Parameters, parameter => Assert.False(parameter.IsWidened, parameter.Name));

        float[] Logits(LanguageModel model)
        {
            InferenceSession session = InferenceSession.Create(model, _backend, new InferenceOptions { MemoryLength = Context.MemoryLength, MaxSegment = Length });
            session.Advance(Ids(0).AsSpan(0, Length));
            session.Advance([3]);
            return session.Logits().Span.ToArray();
        }
    }

    private static (LanguageModel Kept, LanguageModel Rounded) KeptAndRounded(string name)
    {
        LanguageModel kept = Model(name), rounded = Model(name);
        foreach (Parameter parameter in kept.Parameters.Where(ParameterGroups.IsMatrixOrTable))
        {
            parameter.KeepAsBfloat16();
        }

        ModelWeights.CopyValues(kept, rounded);
        foreach (Parameter parameter in kept.Parameters.Where(parameter => parameter.IsBfloat16))
        {
            parameter.KeepAsBfloat16();
        }

        return (kept, rounded);
    }

    [Fact]
    public void Untied_biases_are_parameters_of_each_layer() =>
        Assert.Equal(2, Model("untied biases").Parameters.Count(parameter => parameter.Name.EndsWith("dec_attn.r_w_bias", StringComparison.Ordinal)));

    private static readonly Dictionary<string, ModelConfiguration> Variants = new()
    {
        ["untied biases"] = Base with { UntieBiases = true },
        ["gelu"] = Base,
        ["final norm"] = Base with { PreNorm = true, FinalNorm = true },
        ["shaw"] = Base.As(Kinds.Shaw, rows: 30),
        ["swiglu"] = Base with { Activation = FeedForwardActivation.SwiGlu },
        ["geglu, pre-norm"] = Base with { Activation = FeedForwardActivation.GeGlu, PreNorm = true },
        ["vaswani"] = Base.As(Kinds.Vaswani),
        ["vaswani pre-norm"] = (Base with { PreNorm = true }).As(Kinds.Vaswani),
        ["al-rfou"] = Base.As(Kinds.AlRfou, rows: 15),
        ["clusters"] = Base with { Cutoffs = [4, 9], EmbeddingDivisor = 2, TieProjections = ProjectionTying.AllButFirst },
        ["clusters of one width"] = Base with { Cutoffs = [4, 9], TieWeights = false },
        ["encoder"] = Base.As(Kinds.Encoder, rows: Length),
        ["encoder, pre-norm, sinusoids"] = (EncoderConfiguration)(Base with { PreNorm = true, FinalNorm = true }).As(Kinds.Encoder) with { Positions = EncoderPositions.Sinusoidal },
        ["encoder, relative"] = (EncoderConfiguration)Base.As(Kinds.Encoder) with { Positions = EncoderPositions.Relative, TokenTypes = 3, EmbeddingSize = 6 },
        ["encoder, relative segments"] = (EncoderConfiguration)Base.As(Kinds.Encoder) with
        {
            Positions = EncoderPositions.Relative,
            TokenTypes = 0,
            RelativeSegments = true,
            OmitsEmbeddingNorm = true,
            OmitsAttentionBiases = true,
            OmitsPredictionTransform = true,
            SeparatorId = 4,
        },
        ["lstm"] = Base.As(Kinds.Lstm),
        ["gru"] = Base.As("Gru"),
        ["rnn"] = Base.As("Rnn"),
        ["gru bidirectional"] = Base.As("Gru bidirectional"),
        ["lstm bidirectional, untied"] = (Base with { TieWeights = false }).As("Lstm bidirectional"),
        ["rnn bidirectional with clusters"] = (Base with { Cutoffs = [4, 9] }).As("Rnn bidirectional"),
        ["lstm with clusters"] = (Base with { Cutoffs = [4, 9] }).As(Kinds.Lstm),
    };

    private static TransformerXLConfiguration Base => new()
    {
        VocabularySize = 13,
        Layers = 2,
        ModelSize = 8,
        Heads = 2,
        InnerSize = 12,
        // The corners of ReLU have no slope.
        Activation = FeedForwardActivation.Gelu,
        Dropout = 0,
        InitialDeviation = 0.4f,
        ProjectionDeviation = 0.4f,
    };

    private static LanguageModel Model(string name) => LanguageModel.Create(Variants[name], 3);

    private static int[] Ids(int segment) => [.. Enumerable.Range(0, Length * Streams).Select(i => ((i * 7) + (segment * 5) + (i / 5)) % 13)];

    private static Variable Forward(LanguageModel model, Tape tape, ModelState memory, int segment)
    {
        Variable hidden = model.Forward(tape, tape.Allocate(Ids(segment)), memory, Context);
        return model.Loss(tape, hidden, tape.Allocate(Ids(segment + 1)));
    }

    private static double Loss(LanguageModel model, Tape tape, ModelState memory, int segment)
    {
        tape.BeginEvaluation();
        return Forward(model, tape, memory, segment).Value.Span[0];
    }

    private static float[] Direction(Parameter parameter, RandomStream random)
    {
        float[] step = new float[parameter.Value.Count];
        for (int i = 0; i < step.Length; i++)
        {
            step[i] = random.NextGaussian() > 0 ? 0.5f : -0.5f;
        }

        return step;
    }
}
