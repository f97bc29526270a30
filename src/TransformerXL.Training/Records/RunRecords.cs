using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Training.EventLog;

namespace TransformerXL.Training.Records;

/// <summary>Keeps what a training reports in the folder of its run: as lines of JSON and as an event file for TensorBoard.</summary>
/// <param name="run">The folder.</param>
/// <param name="vocabulary">Tells what a token is.</param>
/// <param name="backend">What computes.</param>
/// <param name="step">Steps that were taken before.</param>
/// <param name="clock">The clock.</param>
/// <param name="unigramEntropy">That of the training text in nats per token; null if it is not known.</param>
internal sealed class RunRecords(RunDirectory run, Vocabulary vocabulary, CpuBackend backend, long step, TimeProvider clock, double? unigramEntropy = null) : IDisposable
{
    private readonly MetricsLog _metrics = new(run.Metrics, step);
    private EventFileWriter? _events;

    /// <summary>Writes a report through to the system; whatever ends the process, what was written stays.</summary>
    public void Write(TrainingReport report)
    {
        // A part that reports nothing, such as the resumption of a completed run, leaves no trace.
        if (_events is null)
        {
            _metrics.Write(new RunPart { Step = step, Time = clock.GetUtcNow(), Machine = MachineDescription.Of(backend), UnigramEntropy = unigramEntropy });
            _events = EventFileWriter.Create(run.Path, step + 1, clock);
        }

        _metrics.Write(report);
        switch (report)
        {
            case StepReport taken:
                _events.WriteScalars(
                    taken.Step,
                    ("train/loss", taken.Loss),
                    InMeasure("train/", taken.Loss, taken.BytesPerToken),
                    ("train/learning_rate", taken.LearningRate),
                    ("train/gradient_norm", taken.GradientNorm),
                    ("train/tokens_per_second", taken.TokensPerSecond));
                break;
            case ValidationReport validation:
                _events.WriteScalars(validation.Step, ("validation/loss", validation.Loss), InMeasure("validation/", validation.Loss, validation.BytesPerToken));
                if (validation.Sample.Length > 0)
                {
                    _events.WriteText(validation.Step, "validation/sample", validation.Sample);
                }

                break;
        }
    }

    private (string Tag, double Value) InMeasure(string group, double nats, double? bytesPerToken)
    {
        LossMeasure measure = LossMeasure.For(vocabulary.Unit, bytesPerToken);
        return (group + measure.Name.Replace(' ', '_'), measure.Of(nats));
    }

    public void Dispose()
    {
        _events?.Dispose();
        _metrics.Dispose();
    }
}
