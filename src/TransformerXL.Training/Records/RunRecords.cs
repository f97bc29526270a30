using TransformerXL.Tensors;
using TransformerXL.Training.EventLog;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training.Records;

/// <summary>Keeps what a training reports in the folder of its run: as lines of JSON and as an event file for TensorBoard.</summary>
/// <param name="run">The folder.</param>
/// <param name="task">The task, which gives the measures of its losses.</param>
/// <param name="backend">The backend that computes.</param>
/// <param name="step">Steps that were taken before.</param>
/// <param name="clock">The clock.</param>
internal sealed class RunRecords(RunDirectory run, TrainingTask task, Backend backend, long step, TimeProvider clock) : IDisposable
{
    // Measured before the first step, so that its time does not count as time of training.
    private readonly double? _unigramEntropy = task.UnigramEntropy;
    private readonly MetricsLog _metrics = new(run.Metrics, step);
    private EventFileWriter? _events;

    /// <summary>Writes a report through to the system; whatever ends the process, what was written stays.</summary>
    public void Write(TrainingReport report)
    {
        // A part that reports nothing, such as the resumption of a completed run, leaves no trace.
        if (_events is null)
        {
            _metrics.Write(new RunPart { Step = step, Time = clock.GetUtcNow(), Machine = MachineDescription.Of(backend), UnigramEntropy = _unigramEntropy });
            _events = EventFileWriter.Create(run.Path, step + 1, clock);
        }

        _metrics.Write(report);
        switch (report)
        {
            case StepReport taken:
                _events.WriteScalars(
                    taken.Step,
                    [
                        ("train/loss", taken.Loss),
                        .. InMeasure("train/", taken.Loss, taken.BytesPerToken),
                        ("train/learning_rate", taken.LearningRate),
                        ("train/gradient_norm", taken.GradientNorm),
                        ("train/tokens_per_second", taken.TokensPerSecond),
                    ]);
                break;
            case TaskValidationReport validation:
                _events.WriteScalars(validation.Step, [("validation/loss", validation.Loss), .. InMeasures(validation)]);
                if (validation.Sample.Length > 0)
                {
                    _events.WriteText(validation.Step, "validation/sample", validation.Sample);
                }

                break;
        }
    }

    /// <summary>The loss in the measure of the task; without one the metrics.</summary>
    private IEnumerable<(string Tag, double Value)> InMeasures(TaskValidationReport validation) => task.MeasureOf(validation.BytesPerToken) is not null
        ? InMeasure("validation/", validation.Loss, validation.BytesPerToken)
        : validation.Metrics.Select(metric => ("validation/" + metric.Name, metric.Value));

    private (string Tag, double Value)[] InMeasure(string group, double nats, double? bytesPerToken) =>
        task.MeasureOf(bytesPerToken) is { } measure ? [(group + measure.Name.Replace(' ', '_'), measure.Of(nats))] : [];

    public void Dispose()
    {
        _events?.Dispose();
        _metrics.Dispose();
    }
}
