using System.Text.Json;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Training;

/// <summary>Reports as JSON objects, as the lines of <c>metrics.jsonl</c>.</summary>
public static class ReportJson
{
    /// <summary>Writes one object.</summary>
    public static void Write(Utf8JsonWriter json, TrainingReport report)
    {
        json.WriteStartObject();
        switch (report)
        {
            case StepReport step:
                json.WriteString("kind", "step");
                json.WriteNumber("step", step.Step);
                json.WriteNumber("steps", step.Steps);
                json.WriteNumber("epoch", step.Epoch);
                json.WriteNumber("tokens", step.TokensSeen);
                json.WriteNumber("loss", step.Loss);
                WriteKnown(json, "bits_per_token", step.IsPerToken ? step.Loss / Math.Log(2) : null);
                WriteKnown(json, "bits_per_byte", step.BitsPerByte);
                json.WriteNumber("learning_rate", step.LearningRate);
                json.WriteNumber("gradient_norm", step.GradientNorm);
                json.WriteNumber("tokens_per_second", Math.Round(step.TokensPerSecond, 1));
                json.WriteNumber("gflops", Math.Round(step.Gigaflops, 1));
                json.WriteNumber("seconds", Math.Round(step.Elapsed.TotalSeconds, 3));
                json.WriteNumber("seconds_left", Math.Round(step.Remaining.TotalSeconds, 1));
                break;
            case TaskValidationReport validation:
                json.WriteString("kind", "validation");
                json.WriteNumber("step", validation.Step);
                json.WriteNumber(TaskValidationReport.LossName, validation.Loss);
                foreach (Metric metric in validation.Metrics)
                {
                    json.WriteNumber(metric.Name, metric.Value);
                }

                json.WriteBoolean("best", validation.IsBest);
                json.WriteString("sample", validation.Sample);
                validation.WriteMore(json);
                break;
            case CheckpointReport checkpoint:
                json.WriteString("kind", "checkpoint");
                json.WriteNumber("step", checkpoint.Step);
                json.WriteString("path", checkpoint.Path);
                break;
            case EarlyStopReport stop:
                json.WriteString("kind", "early_stop");
                json.WriteNumber("step", stop.Step);
                json.WriteNumber("validations", stop.Validations);
                json.WriteNumber("best_loss", stop.BestLoss);
                json.WriteNumber("best_step", stop.BestStep);
                break;
        }

        json.WriteEndObject();
    }

    private static void WriteKnown(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
