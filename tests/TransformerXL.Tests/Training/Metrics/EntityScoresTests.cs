using TransformerXL.Labels;
using TransformerXL.Training.Metrics;
using Xunit;

namespace TransformerXL.Tests.Training.Metrics;

/// <summary>Entity scores by the rules of seqeval, worked out by hand.</summary>
public sealed class EntityScoresTests
{
    private static EntityScores Scores(TagScheme scheme, bool strict, params (string Gold, string Predicted)[] sentences)
    {
        EntityScores scores = new(scheme, strict);
        foreach ((string gold, string predicted) in sentences)
        {
            scores.Add(gold.Split(' '), predicted.Split(' '));
        }

        return scores;
    }

    [Fact]
    public void The_example_of_seqeval_gives_one_half()
    {
        // seqeval's documentation: one of two entities is right, one of two predictions too.
        EntityScores scores = Scores(TagScheme.Iob2, strict: false, ("O O O B-MISC I-MISC I-MISC O", "O O B-MISC I-MISC I-MISC I-MISC O"), ("B-PER I-PER O", "B-PER I-PER O"));
        Assert.Equal((0.5, 0.5, 0.5), (scores.Precision, scores.Recall, scores.F1));
        Assert.Equal(0.8, scores.WordAccuracy, 1e-15);
        Assert.Equal(0.5, scores.MacroF1);
        Assert.Equal(new ClassScores(0, 1, 1), scores.Types["MISC"]);
        Assert.Equal(new ClassScores(1, 1, 1), scores.Types["PER"]);
    }

    [Fact]
    public void Strict_rules_take_no_span_that_breaks_the_scheme()
    {
        // seqeval's documentation of the strict mode: the default counts I-NP I-NP as a span, strict IOB2 does not.
        (string, string) sentence = ("B-NP I-NP O", "I-NP I-NP O");
        Assert.Equal(1, Scores(TagScheme.Iob2, strict: false, sentence).F1);
        Assert.Equal(0, Scores(TagScheme.Iob2, strict: true, sentence).F1);
        Assert.Equal((0L, 1L, 0L), (Scores(TagScheme.Iob2, strict: true, sentence).All.Correct, 1L, 0L));
    }

    [Fact]
    public void Bioes_needs_the_end_of_a_span_under_strict_rules()
    {
        (string, string) sentence = ("B-A I-A E-A S-B", "B-A I-A I-A S-B");
        Assert.Equal(new ClassScores(1, 2, 1), Scores(TagScheme.Bioes, strict: true, sentence).All);
        Assert.Equal(new ClassScores(2, 2, 2), Scores(TagScheme.Bioes, strict: false, sentence).All);
    }

    [Fact]
    public void Without_predictions_or_entities_scores_are_0_and_unknown_types_count_as_wrong()
    {
        Assert.Equal(0, Scores(TagScheme.Iob2, true, ("B-A O", "O O")).F1);
        Assert.Equal(0, Scores(TagScheme.Iob2, true, ("O O", "O O")).F1);
        EntityScores scores = Scores(TagScheme.Iob2, true, ("B-A O", "B-A B-NEW"));
        Assert.Equal((0.5, 1.0, 2 / 3.0), (scores.Precision, scores.Recall, scores.F1));
        Assert.Equal(new ClassScores(0, 0, 1), scores.Types["NEW"]);
        Assert.Throws<ArgumentException>(() => new EntityScores(TagScheme.Iob2).Add(["O"], []));
    }
}
