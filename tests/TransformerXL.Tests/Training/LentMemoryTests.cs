using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training;
using Xunit;

namespace TransformerXL.Tests.Training;

/// <summary>Models whose gradients lie in the memory of values (<see cref="Tape.LendsMemory"/>).</summary>
public sealed class LentMemoryTests
{
    private const int Target = 16, Streams = 4;

    private static readonly CpuBackend s_backend = new(threads: 1);

    public static TheoryData<string, ModelConfiguration, Precision> Models
    {
        get
        {
            TheoryData<string, ModelConfiguration, Precision> models = RecomputeTests.Models;
            models.Add("lstm", new LstmConfiguration { VocabularySize = 29, ModelSize = 48, EmbeddingSize = 32, Layers = 3, Dropout = 0.1f }, Precision.Float32);
            models.Add("gru", new GruConfiguration { VocabularySize = 29, ModelSize = 48, Layers = 3 }, Precision.Float32);
            models.Add("rnn", new RnnConfiguration { VocabularySize = 29, ModelSize = 48, Layers = 3 }, Precision.Float32);
            models.Add("clusters", new TransformerXLConfiguration { VocabularySize = 29, Layers = 3, ModelSize = 48, Heads = 3, Cutoffs = [10, 20] }, Precision.Float32);
            return models;
        }
    }

    [Fact]
    public void No_gradient_refers_to_the_memory_of_a_step_after_it()
    {
        (LanguageModel model, TrainingStep step, int[] ids) = NewStep();
        for (int i = 1; i <= 3; i++)
        {
            step.Run(ids, ids, i, 1e-3);
        }

        long all = sizeof(float) * model.Parameters.Sum(parameter => parameter.Value.Count), left = sizeof(float) * model.Parameters.Sum(parameter => parameter.Gradient.Count);
        Assert.True(step.BytesLent > 0.8 * all, $"{step.BytesLent} of {all} bytes");
        Assert.Equal(all, left + step.BytesLent);
    }

    [Fact]
    public void A_step_that_is_not_finite_leaves_nothing_to_the_next()
    {
        (LanguageModel model, TrainingStep step, int[] ids) = NewStep();
        (LanguageModel expected, TrainingStep other, _) = NewStep();
        float kept = model.Parameters[^1].Value.Span[0];
        model.Parameters[^1].Value.Span[0] = float.NaN;
        Assert.False(double.IsFinite(step.Run(ids, ids, 1, 1e-3).GradientNorm));
        model.Parameters[^1].Value.Span[0] = kept;
        step.ClearMemories();
        Assert.Equal(other.Run(ids, ids, 2, 1e-3), step.Run(ids, ids, 2, 1e-3));
        Assert.All(expected.Parameters.Zip(model.Parameters), pair => Assert.Equal(pair.First.Value.Span.ToArray(), pair.Second.Value.Span.ToArray()));
    }

    private static (LanguageModel Model, TrainingStep Step, int[] Ids) NewStep()
    {
        LanguageModel model = LanguageModel.Create(new TransformerXLConfiguration { VocabularySize = 29, Layers = 6, ModelSize = 48, Heads = 3, Dropout = 0.1f }, seed: 3);
        TrainingStep step = new(model, new ContextConfiguration { TargetLength = Target, MemoryLength = 16 }, new TrainingConfiguration { BatchSize = Streams }, s_backend);
        Random random = new(5);
        return (model, step, [.. Enumerable.Range(0, Streams * Target).Select(_ => random.Next(29))]);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Weights_get_the_bits_of_a_tape_that_keeps_all_values(string name, ModelConfiguration model, Precision precision)
    {
        ContextConfiguration context = new() { TargetLength = Target, MemoryLength = name is "vaswani" or "al-rfou" ? 0 : 24 };
        using CpuBackend backend = new(threads: 2);
        Assert.Equal(Train(lends: false, recomputes: false), Train(lends: true, recomputes: false));
        Assert.Equal(Train(lends: false, recomputes: true), Train(lends: true, recomputes: true));

        float[] Train(bool lends, bool recomputes)
        {
            LanguageModel trained = LanguageModel.Create(model, seed: 3);
            Tape tape = new(backend, precision) { LendsMemory = lends, Recomputes = recomputes };
            ModelState memory = trained.CreateState(context.MemoryLength, Streams);
            Adam adam = new(trained.Parameters, new OptimizerOptions(), backend);
            Random random = new(5);
            for (uint step = 1; step <= 4; step++)
            {
                int[] ids = [.. Enumerable.Range(0, Streams * Target).Select(_ => random.Next(29))];
                tape.BeginTraining(1, step);
                Variable hidden = trained.Forward(tape, tape.Allocate(ids), memory, context, new DropoutRates(model.Dropout, 0.1f));
                tape.Backward(trained.Loss(tape, hidden, tape.Allocate(ids)));
                adam.ZeroMissingGradients();
                adam.Step(1e-2);
            }

            return [.. trained.Parameters.SelectMany(parameter => parameter.Value.Span.ToArray())];
        }
    }
}
