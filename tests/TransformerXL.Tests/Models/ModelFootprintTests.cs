using TransformerXL.Models;
using TransformerXL.Training.Presets;
using Xunit;

namespace TransformerXL.Tests.Models;

public class ModelFootprintTests
{
    private static readonly TransformerXLConfiguration Base = new() { VocabularySize = 60, Layers = 3, ModelSize = 16, Heads = 2, HeadSize = 6, InnerSize = 20 };

    public static TheoryData<string> Families => [.. Kinds.All];

    [Theory]
    [MemberData(nameof(Families))]
    public void Parameters_told_are_those_that_a_model_has(string kind)
    {
        bool recurrent = Kinds.IsRecurrent(kind);
        foreach (int divisor in (int[])[1, 2])
        {
            foreach (ProjectionTying tying in recurrent ? [ProjectionTying.None] : Enum.GetValues<ProjectionTying>())
            {
                foreach ((bool tied, int embedding, int[] cutoffs) in Variants().Where(variant => divisor == 1 || variant.Cutoffs.Length > 0))
                {
                    ModelConfiguration configuration = (Base with
                    {
                        HeadSize = kind == Kinds.AlRfou ? 8 : 6,
                        TieWeights = tied,
                        TieProjections = tying,
                        EmbeddingSize = embedding,
                        EmbeddingDivisor = divisor,
                        Cutoffs = cutoffs,
                    }).As(kind, rows: 9);
                    Assert.Equal((configuration, LanguageModel.Create(configuration).Parameters.Values), (configuration, ModelFootprint.Parameters(configuration)));
                }
            }
        }
    }

    [Fact]
    public void Parameters_of_untied_biases_and_a_final_norm_are_counted()
    {
        TransformerXLConfiguration configuration = Base with { UntieBiases = true, PreNorm = true, FinalNorm = true };
        Assert.Equal(LanguageModel.Create(configuration).Parameters.Values, ModelFootprint.Parameters(configuration));
    }

    [Theory]
    [InlineData(FeedForwardActivation.SwiGlu, 96)]
    [InlineData(FeedForwardActivation.GeGlu, 128)]
    [InlineData(FeedForwardActivation.SwiGlu, 512)]
    public void A_gated_block_has_as_many_parameters_and_operations_as_one_that_is_not_within_3_percent(FeedForwardActivation activation, int size)
    {
        TransformerXLConfiguration plain = new() { VocabularySize = 60, Layers = 3, ModelSize = size, Heads = 4 }, gated = plain with { Activation = activation };
        Assert.Equal(0, gated.Resolve().InnerSize % 8);
        Assert.Equal(LanguageModel.Create(gated).Parameters.Values, ModelFootprint.Parameters(gated));
        Assert.InRange((double)ModelFootprint.Parameters(gated) / ModelFootprint.Parameters(plain), 0.97, 1.03);
        Assert.InRange(ModelCost.Training(gated.Resolve(), 32, 32, 8) / ModelCost.Training(plain.Resolve(), 32, 32, 8), 0.97, 1.03);
    }

    [Fact]
    public void Sizes_are_known_without_the_memory_of_the_model()
    {
        // 1,000 layers of 4,096 would take 800 GB.
        TransformerXLConfiguration huge = new() { VocabularySize = 1_000_000, Layers = 1000, ModelSize = 4096, Heads = 32 };
        Assert.InRange(ModelFootprint.Parameters(huge), 200_000_000_000, 300_000_000_000);
    }

    // Dai et al. 2019, tables 1 and 2: 41M, 277M, 151M.
    [Theory]
    [InlineData("enwik8-base", 41)]
    [InlineData("enwik8-large", 277)]
    [InlineData("wt103-base", 151)]
    public void Parameters_of_presets_are_those_of_the_paper(string preset, double millions) =>
        Assert.Equal(millions, ModelFootprint.Parameters(Preset.Find(preset).ForTypicalText().Model) / 1e6, 0.5);

    private static IEnumerable<(bool Tied, int Embedding, int[] Cutoffs)> Variants() =>
        from tied in (bool[])[true, false]
        from embedding in (int[])[16, 12]
        from cutoffs in (int[][])[[], [20], [10, 30, 45]]
        select (tied, embedding, cutoffs);
}
