using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tests.Inference;
using TransformerXL.Training;
using TransformerXL.Training.Dynamic;
using Xunit;

namespace TransformerXL.Tests.Training.Dynamic;

public sealed class DynamicEvaluatorTests : IDisposable
{
    private readonly CpuBackend _backend = new(threads: 2);

    public static TheoryData<string> AllKinds => [.. Kinds.Causal];

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData(DynamicRule.Sgd)]
    [InlineData(DynamicRule.Rms)]
    [InlineData(DynamicRule.Adam)]
    public void A_repeated_pattern_costs_far_less_when_the_weights_follow_it_and_the_model_stays_as_it_is(DynamicRule rule)
    {
        LanguageModel model = DynamicSample.Create();
        string before = ModelWeights.Fingerprint(model);
        GradientStatistics statistics = GradientStatistics.Gather(model, _backend, DynamicSample.Random(), DynamicSample.Context);
        double unmoved = new Evaluator(model, _backend).Evaluate(DynamicSample.Pattern(), DynamicSample.Evaluation).MeanNll;
        DynamicEvaluator evaluator = new(model, _backend);
        EvaluationResult result = evaluator.Evaluate(DynamicSample.Pattern(), DynamicSample.Evaluation, DynamicSample.Options(rule), statistics);
        Assert.True(result.MeanNll < 0.8 * unmoved, $"{result.MeanNll} nats, but {unmoved} without steps");
        Assert.Equal(before, ModelWeights.Fingerprint(model));
        Assert.DoesNotContain(model.Parameters, parameter => parameter.HasGradient);
        Assert.Equal(result.NllSum, evaluator.Evaluate(DynamicSample.Pattern(), DynamicSample.Evaluation, DynamicSample.Options(rule), statistics).NllSum);
    }

    [Theory]
    [InlineData(DynamicRule.Sgd)]
    [InlineData(DynamicRule.Rms)]
    [InlineData(DynamicRule.Adam)]
    public void Threads_and_instruction_sets_change_no_bit(DynamicRule rule)
    {
        (double Nll, string Statistics)? expected = null;
        foreach (Isa isa in SmallModels.Isas)
        {
            foreach (int threads in (int[])[1, 3])
            {
                using CpuBackend backend = new(isa, threads);
                LanguageModel model = DynamicSample.Create();
                GradientStatistics statistics = GradientStatistics.Gather(model, backend, DynamicSample.Random(), DynamicSample.Context);
                double nll = new DynamicEvaluator(model, backend).Evaluate(DynamicSample.Pattern(150), DynamicSample.Evaluation with { BatchSize = 2 }, DynamicSample.Options(rule), statistics).NllSum;
                string scales = string.Join(' ', Enumerable.Range(0, model.Parameters.Count).Select(i => statistics[i].Span.ToArray().Sum(value => (double)value)));
                expected ??= (nll, scales);
                Assert.Equal(expected, (nll, scales));
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Without_steps_every_family_has_the_loss_of_its_trained_weights(string kind)
    {
        LanguageModel model = DynamicSample.Create(kind);
        foreach (int extended in (int[])[0, 3])
        {
            EvaluationOptions options = DynamicSample.Evaluation with { Context = DynamicSample.Context with { ExtendedLength = extended } };
            double unmoved = new Evaluator(model, _backend).Evaluate(DynamicSample.Pattern(150), options).NllSum;
            DynamicEvaluator evaluator = new(model, _backend);
            EvaluationResult still = evaluator.Evaluate(DynamicSample.Pattern(150), options, new DynamicOptions { Rule = DynamicRule.Sgd, LearningRate = 0, Decay = 0 });
            Assert.Equal(unmoved, still.NllSum, 1e-2);
            Assert.True(evaluator.Evaluate(DynamicSample.Pattern(150), options, DynamicSample.Options(DynamicRule.Adam)).NllSum < unmoved - 5, kind);
        }
    }

    [Fact]
    public void A_full_decay_undoes_each_step_before_the_next_one()
    {
        LanguageModel model = DynamicSample.Create();
        DynamicReader reader = new(model, _backend, DynamicSample.Context, 1);
        reader.Restart(new DynamicOptions { Rule = DynamicRule.Sgd, LearningRate = 0, Decay = 1 }, null);
        reader.Model.Parameters[0].Value.Span.Fill(3);
        reader.Read([1, 2, 3], [2, 3, 4], new float[3]);
        Assert.Equal(model.Parameters[0].Value.Span.ToArray(), reader.Model.Parameters[0].Value.Span.ToArray(), (one, other) => Math.Abs(one - other) < 1e-6f);
    }

    [Fact]
    public void Steps_that_are_too_large_are_named()
    {
        TrainingDivergedException error = Assert.Throws<TrainingDivergedException>(() => new DynamicEvaluator(DynamicSample.Create(), _backend).Evaluate(
            DynamicSample.Pattern(), DynamicSample.Evaluation, new DynamicOptions { Rule = DynamicRule.Sgd, LearningRate = 1e9, Decay = 0 }));
        Assert.Contains("learning rate of 1E+09 are too large", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_weights_are_told_from_large_steps()
    {
        LanguageModel model = DynamicSample.Create();
        model.Parameters[1].Value.Span[0] = float.NaN;
        Assert.Throws<NotFiniteException>(() => new DynamicEvaluator(model, _backend).Evaluate(DynamicSample.Pattern(), DynamicSample.Evaluation, DynamicSample.Options(DynamicRule.Sgd)));
    }

    [Fact]
    public void What_a_rule_lacks_is_named()
    {
        DynamicEvaluator evaluator = new(DynamicSample.Create(), _backend);
        string Error(EvaluationOptions options, DynamicOptions dynamic) => Assert.Throws<InputException>(() => evaluator.Evaluate(DynamicSample.Pattern(), options, dynamic)).Message;
        Assert.Contains("needs the statistics", Error(DynamicSample.Evaluation, DynamicSample.Options(DynamicRule.Rms)), StringComparison.Ordinal);
        Assert.Contains("precision is Int8", Error(DynamicSample.Evaluation with { Precision = Precision.Int8 }, DynamicSample.Options(DynamicRule.Sgd)), StringComparison.Ordinal);
        Assert.Contains("decay is 1.5", Error(DynamicSample.Evaluation, DynamicSample.Options(DynamicRule.Sgd) with { Decay = 1.5 }), StringComparison.Ordinal);
        Assert.Contains("epsilon is 0", Error(DynamicSample.Evaluation, DynamicSample.Options(DynamicRule.Rms) with { Epsilon = 0 }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_finds_values_that_are_better_than_those_it_begins_with()
    {
        LanguageModel model = DynamicSample.Create();
        DynamicTuning tuning = new(new DynamicEvaluator(model, _backend), DynamicSample.Pattern(200), DynamicSample.Evaluation, null);
        foreach (double rate in (double[])[1e-4, 1e6])
        {
            DynamicTrial best = tuning.Search(new DynamicOptions { Rule = DynamicRule.Sgd, LearningRate = rate, Decay = 0.001 });
            Assert.InRange(tuning.Trials.Count, 5, DynamicTuning.MaxTrials);
            Assert.Equal(tuning.Trials.Min(trial => trial.Loss), best.Loss);
            Assert.True(best.Loss < tuning.Trials[0].Loss - 0.1, $"from {tuning.Trials[0].Loss} to {best.Loss}");
            Assert.Equal(tuning.Trials.Count, tuning.Trials.Select(trial => trial.Options).Distinct().Count());
        }
    }

    [Fact]
    public void Statistics_of_a_part_come_from_all_over_the_text_and_stay_within_their_limit()
    {
        LanguageModel model = DynamicSample.Create();
        GradientStatistics part = GradientStatistics.Gather(model, _backend, DynamicSample.Random(8 * 400), DynamicSample.Context, maxTokens: 8 * 40);
        Assert.Equal(40, part.Segments);
        Assert.Equal(1, GradientStatistics.Gather(model, _backend, DynamicSample.Random(8 * 400), DynamicSample.Context, maxTokens: 1).Segments);
        Assert.Equal(400, GradientStatistics.Gather(model, _backend, DynamicSample.Random(8 * 400), DynamicSample.Context, maxTokens: 1 << 30).Segments);
    }
}
