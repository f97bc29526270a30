using TransformerXL.Analysis.Comparison;
using TransformerXL.Analysis.Context;
using TransformerXL.Models;
using TransformerXL.Training;
using TransformerXL.Training.Footprint;
using Xunit;

namespace TransformerXL.Tests.Analysis.Comparison;

public sealed class EqualParametersTests
{
    public static TheoryData<string, int> Models()
    {
        TheoryData<string, int> data = [];
        foreach (ComparedModel model in ComparedModel.All)
        {
            data.Add(model.Name, 64);
            data.Add(model.Name, 128);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_model_has_as_many_parameters_as_the_standard_within_5_percent(string name, int size)
    {
        ComparisonPlan plan = Plan(size);
        RunConfiguration configuration = plan.ConfigurationOf(ComparedModel.Find(name));
        long wanted = LanguageModel.Create(plan.Standard.Model).Parameters.Values;
        Assert.InRange(LanguageModel.Create(configuration.Model).Parameters.Values, 0.95 * wanted, 1.05 * wanted);
    }

    [Fact]
    public void Only_recurrent_models_have_a_memory()
    {
        foreach (ComparedModel model in ComparedModel.All.Where(model => model.Family.HasMemoryLength))
        {
            Assert.Equal(model.Recurrent ? 40 : 0, Plan(64).ConfigurationOf(model).Context.MemoryLength);
        }
    }

    [Fact]
    public void Models_with_attention_alone_compute_their_layers_again()
    {
        ComparisonPlan plan = Plan(64);
        plan = plan with { Standard = plan.Standard with { Training = new TrainingConfiguration { Recompute = true } } };
        foreach (ComparedModel model in ComparedModel.All)
        {
            RunConfiguration configuration = plan.ConfigurationOf(model);
            Assert.Equal(model.Family.HasAttention, configuration.Training.Recompute);
            configuration.Validate();
            Assert.True(MemoryEstimate.OfTraining(configuration).Total > 0);
        }
    }

    [Fact]
    public void A_model_that_cannot_be_made_small_enough_is_named() => Assert.StartsWith(
        "al-rfou has at least",
        Assert.Throws<InputException>(() => (Plan(16) with { Standard = Plan(16).Standard with { Context = new ContextConfiguration { TargetLength = 4000, MemoryLength = 40 } } }).ConfigurationOf(ComparedModel.Find("al-rfou"))).Message,
        StringComparison.Ordinal);

    private static ComparisonPlan Plan(int size) => new()
    {
        Standard = new RunConfiguration
        {
            Model = new TransformerXLConfiguration { VocabularySize = 70, Layers = 2, ModelSize = size, Heads = 4 },
            Context = new ContextConfiguration { TargetLength = 40, MemoryLength = 40 },
            Training = new TrainingConfiguration(),
        },
        Models = ComparedModel.All,
        Context = new ContextPlan { Start = 8, Delta = 8, Maximum = 64 },
    };
}
