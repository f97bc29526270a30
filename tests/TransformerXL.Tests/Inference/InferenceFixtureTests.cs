using System.Text.Json;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tests.Models;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>Sessions and evaluations against tensors of the reference implementation.</summary>
public sealed class InferenceFixtureTests
{
    /// <summary>Cases that a session can read: it computes no rows again, and repeats no mistakes of the reference.</summary>
    public static TheoryData<string> Cases()
    {
        TheoryData<string> data = [];
        foreach (string folder in ModelFixtureTests.CaseFolders())
        {
            using ModelFixture fixture = new(folder);
            bool absolute = fixture.Config.GetProperty("attn_type").GetInt32() >= 2;
            bool mistaken = absolute && (fixture.Context().MemoryLength > 0 || fixture.Config.GetProperty("pre_lnorm").GetBoolean());
            if (!mistaken && !HasExtendedInputs(fixture))
            {
                data.Add(folder);
            }
        }

        return data;
    }

    public static TheoryData<string> Evaluations() => [.. FixtureFolders.OfKind("eval")];

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void A_session_equals_the_reference(string folder)
    {
        using ModelFixture fixture = new(folder);
        TransformerXLModel model = fixture.LoadModel();
        ContextConfiguration context = fixture.Context() with { ExtendedLength = 0 };
        foreach (Isa isa in SmallModels.Isas)
        {
            using CpuBackend backend = new(isa, 2);
            InferenceSession session = InferenceSession.Create(model, backend, InferenceOptions.ForSegments(context, fixture.Streams));
            for (int segment = 1; segment <= fixture.Segments; segment++)
            {
                string prefix = $"seg{segment}.";
                int[] targets = fixture.Ids(prefix + "target_ids");
                float[] nll = new float[targets.Length];
                session.Advance(fixture.Ids(prefix + "input_ids"));
                session.NegativeLogLikelihood(targets, nll);
                fixture.AssertClose("hidden", prefix + "hidden", session.Hidden.Span, fixture.Floats(prefix + "hidden"));
                fixture.AssertClose("nll", prefix + "nll", nll, fixture.Floats(prefix + "nll"));
            }
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Evaluations))]
    public void An_evaluation_equals_the_reference(string folder)
    {
        using ModelFixture fixture = new(folder);
        TransformerXLModel model = fixture.LoadModel();
        TokenFile corpus = TokenFile.FromIds(fixture.Ids("corpus.ids"), model.Configuration.VocabularySize);
        JsonElement expected = fixture.Case.GetProperty("corpus_eval");
        int repeated = fixture.Case.GetProperty("lengths_in_effect").GetProperty("iterator_ext_len").GetInt32();
        double atol = fixture.Case.GetProperty("suggested_tolerance").GetProperty("nll").GetProperty("atol").GetDouble();
        int streams = fixture.Case.GetProperty("eval_settings").GetProperty("batch_size").GetInt32();
        EvaluationOptions options = new() { Context = fixture.Context() with { ExtendedLength = repeated }, BatchSize = streams };
        foreach (Isa isa in SmallModels.Isas)
        {
            using CpuBackend backend = new(isa, 2);
            EvaluationResult result = new Evaluator(model, backend).Evaluate(corpus, options);
            Assert.Equal(expected.GetProperty("total_seq_len").GetInt64() * streams, result.Tokens);
            Assert.Equal(expected.GetProperty("mean_nll_float64").GetDouble(), result.MeanNll, atol);
        }
    }

    private static bool HasExtendedInputs(ModelFixture fixture)
    {
        for (int segment = 1; segment <= fixture.Segments; segment++)
        {
            if (fixture.Io.Find($"seg{segment}.input_ids").Count != fixture.Io.Find($"seg{segment}.target_ids").Count)
            {
                return true;
            }
        }

        return false;
    }
}
