using TransformerXL.Tensors;
using TransformerXL.Training.EventLog;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training.Records;

/// <summary>Writes the reports of a training to the folder of its run: as lines of JSON and as an event file for TensorBoard.</summary>
/// <param name="run">The folder.</param>
/// <param name="task">The task, which gives the measures of its losses.</param>
/// <param name="backend">The backend that computes.</param>
/// <param name="step">Number of steps before.</param>
/// <param name="validationIsDue">Whether the validation after the last of them is made again.</param>
/// <param name="clock">The clock.</param>
internal sealed class RunRecords(RunDirectory run, TrainingTask task, Backend backend, long step, bool validationIsDue, TimeProvider clock) : IDisposable
{
    // Measured before the first step, so that its time does not count as training time.
    private readonly double? _unigramEntropy = task.UnigramEntropy;
    private readonly MetricsLog _metrics = new(run.Metrics, step, validationIsDue);
    private EventFileWriter? _events;

    /// <summary>Writes a report and flushes it to the system, so that it survives the end of the process.</summary>
    public void Write(TrainingReport report)
    {
        // A part without reports, such as resuming a completed run, writes nothing.
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

    /// <summary>The loss in the measure of the task, or the metrics if the task has no measure.</summary>
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
