using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Text;
using TransformerXL.Training.Dynamic;
using Xunit;

namespace TransformerXL.Tests.Training.Dynamic;

/// <summary>The rules against plain double precision: only the gradient of given weights comes from the engine.</summary>
public sealed class DynamicRuleTests : IDisposable
{
    private const int Segments = 6;

    private readonly CpuBackend _backend = new(threads: 1);
    private readonly LanguageModel _model = DynamicSample.Create();

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData(DynamicRule.Sgd, 1)]
    [InlineData(DynamicRule.Rms, 1)]
    [InlineData(DynamicRule.Rms, 100)]
    [InlineData(DynamicRule.Adam, 1)]
    public void Weights_follow_the_equation_over_several_segments(DynamicRule rule, int unusual)
    {
        DynamicOptions options = DynamicSample.Options(rule) with { Decay = 0.2, LearningRate = rule == DynamicRule.Sgd ? 0.5 : 0.01, Epsilon = rule == DynamicRule.Adam ? 1e-3 : 0.1 };
        GradientStatistics gathered = GradientStatistics.Gather(_model, _backend, DynamicSample.Random(), DynamicSample.Context);
        GradientStatistics statistics = new([.. Enumerable.Range(0, gathered.Count).Select(i => Divided(gathered[i], unusual))], gathered.Segments);
        SegmentBatches batches = new(DynamicSample.Pattern(), 1, DynamicSample.Context.TargetLength);
        DynamicReader reader = new(_model, _backend, DynamicSample.Context, 1);
        reader.Restart(options, statistics);
        Gradients gradients = new(_backend, DynamicSample.Create());
        double[][] trained = Values(_model), weights = Values(_model), scales = [.. Enumerable.Range(0, trained.Length).Select(i => Doubles(statistics[i].Span))];
        double[][] first = Zeros(trained), second = Zeros(trained);
        double mean = scales.Sum(scale => scale.Sum()) / scales.Sum(scale => scale.Length);
        int[] inputs = new int[batches.MaxShape.InputCount], targets = new int[batches.MaxShape.TargetCount];
        float[] nll = new float[targets.Length];
        for (int segment = 0; segment < Segments; segment++)
        {
            batches.Read(segment, inputs, targets);
            reader.Read(inputs, targets, nll);
            double[][] g = gradients.Of(weights, inputs, targets, out double loss);
            Assert.Equal(loss, nll.Average(value => (double)value), 1e-4);

            // Gradients that are much larger than those of the training text are scaled to three times those.
            double relative = Math.Sqrt(g.Zip(scales, (of, scale) => of.Zip(scale, (value, s) => Math.Pow(value / (s + (0.1 * mean)), 2)).Sum()).Sum() / scales.Sum(scale => scale.Length));
            double bound = Math.Min(1, 3 / relative);
            Assert.True(unusual == 1 || bound < 0.5);
            for (int i = 0; i < weights.Length; i++)
            {
                for (int k = 0; k < weights[i].Length; k++)
                {
                    double w = weights[i][k], back = trained[i][k] - w, s = scales[i][k];
                    (double m, double v) = (first[i][k], second[i][k]) = ((0.9 * first[i][k]) + (0.1 * g[i][k]), (0.999 * second[i][k]) + (0.001 * g[i][k] * g[i][k]));
                    weights[i][k] = rule switch
                    {
                        DynamicRule.Sgd => w + (0.2 * back) - (options.LearningRate * g[i][k]),
                        DynamicRule.Rms => w + (Math.Min(1, 0.2 * s / mean) * back) - (options.LearningRate * bound * g[i][k] / (s + (0.1 * mean))),
                        _ => w + (0.2 * back) - (options.LearningRate * m / (1 - Math.Pow(0.9, segment + 1)) / (Math.Sqrt(v / (1 - Math.Pow(0.999, segment + 1))) + 1e-3)),
                    };
                }
            }
        }

        double moved = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            float[] actual = [.. reader.Model.Parameters[i].Value.Span];
            for (int k = 0; k < actual.Length; k++)
            {
                Assert.Equal(weights[i][k], actual[k], 2e-4 * Math.Max(0.05, Math.Abs(weights[i][k])));
                moved = Math.Max(moved, Math.Abs(weights[i][k] - trained[i][k]));
            }
        }

        Assert.True(moved > 0.01, $"the weights moved by {moved} at most, which proves nothing");
    }

    [Fact]
    public void Scales_are_roots_of_mean_squares_of_the_gradients_of_segments()
    {
        TokenFile tokens = DynamicSample.Random(8 * 5);
        GradientStatistics statistics = GradientStatistics.Gather(_model, _backend, tokens, DynamicSample.Context);
        SegmentBatches batches = new(tokens, 1, DynamicSample.Context.TargetLength);
        Gradients gradients = new(_backend, DynamicSample.Create());
        double[][] weights = Values(_model), sums = Zeros(weights);
        int[] inputs = new int[batches.MaxShape.InputCount], targets = new int[batches.MaxShape.TargetCount];
        for (int segment = 0; segment < batches.Count; segment++)
        {
            SegmentShape shape = batches.Read(segment, inputs, targets);
            double[][] g = gradients.Of(weights, inputs.AsSpan(0, shape.InputCount), targets.AsSpan(0, shape.TargetCount), out _);
            for (int i = 0; i < sums.Length; i++)
            {
                for (int k = 0; k < sums[i].Length; k++)
                {
                    sums[i][k] += g[i][k] * g[i][k];
                }
            }
        }

        Assert.Equal(batches.Count, statistics.Segments);
        double total = 0;
        for (int i = 0; i < sums.Length; i++)
        {
            for (int k = 0; k < sums[i].Length; k++)
            {
                double expected = Math.Sqrt(sums[i][k] / batches.Count);
                total += expected;
                Assert.Equal(expected, statistics[i].Span[k], 1e-6 + (1e-4 * expected));
            }
        }

        Assert.Equal(total / sums.Sum(sum => sum.Length), statistics.Mean, 1e-7);
    }

    private static Tensor Divided(Tensor values, float divisor) => Tensor.From(values.Shape, [.. values.Span.ToArray().Select(value => value / divisor)]);

    private static double[][] Values(LanguageModel model) => [.. model.Parameters.Select(parameter => Doubles(parameter.Value.Span))];

    private static double[] Doubles(ReadOnlySpan<float> values) => Array.ConvertAll(values.ToArray(), value => (double)value);

    private static double[][] Zeros(double[][] like) => [.. like.Select(values => new double[values.Length])];

    /// <summary>Gradients of one segment after the other, with a memory.</summary>
    private sealed class Gradients(CpuBackend backend, LanguageModel model)
    {
        private readonly Tape _tape = new(backend);
        private readonly ModelState _state = model.CreateState(DynamicSample.Context.MemoryLength, 1);

        public double[][] Of(double[][] weights, ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, out double loss)
        {
            for (int i = 0; i < weights.Length; i++)
            {
                Array.ConvertAll(weights[i], value => (float)value).CopyTo(model.Parameters[i].Value.Span);
            }

            _tape.BeginTraining(0, 0);
            Variable hidden = model.Forward(_tape, _tape.Allocate(inputs), _state, DynamicSample.Context, default);
            Variable mean = model.Loss(_tape, hidden, _tape.Allocate(targets));
            loss = mean.Value.Span[0];
            _tape.Backward(mean);
            double[][] gradients = [.. model.Parameters.Select(parameter => parameter.HasGradient ? Doubles(parameter.Gradient.Span) : new double[parameter.Value.Count])];
            foreach (Parameter parameter in model.Parameters)
            {
                parameter.ClearGradient();
            }

            return gradients;
        }
    }
}
