using TransformerXL.Analysis.Reports;
using TransformerXL.Files;
using TransformerXL.Training;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Commands;

/// <summary>
/// Forwards reports, and rewrites the page of the run after each validation and every few seconds, so that a browser shows the training
/// live. A failure to write the page does not stop the training.
/// </summary>
internal sealed class ReportKeeper(RunDirectory? run, IProgress<TrainingReport> next, TimeProvider clock) : IProgress<TrainingReport>
{
    /// <summary>Seconds between two pages; browsers reload the page at the same interval.</summary>
    public const int RefreshSeconds = 5;

    /// <summary>A page of a long run takes longer to write; pages take at most this share of the time.</summary>
    private const double MaxShare = 0.01;

    private long _written;
    private TimeSpan _pause = TimeSpan.Zero;

    /// <summary>The error of the last attempt to write the page; null if it succeeded.</summary>
    public string? Failure { get; private set; }

    public void Report(TrainingReport value)
    {
        next.Report(value);
        if (value is TaskValidationReport || (value is StepReport && clock.GetElapsedTime(_written) >= _pause))
        {
            WriteLive();
        }
    }

    /// <summary>Writes the final page.</summary>
    public void Write() => Write(null);

    /// <summary>Writes the page of a running training.</summary>
    public void WriteLive()
    {
        long begin = clock.GetTimestamp();
        Write(new PageRefresh(clock.GetLocalNow(), RefreshSeconds));
        _written = clock.GetTimestamp();
        TimeSpan min = TimeSpan.FromSeconds(RefreshSeconds), took = clock.GetElapsedTime(begin, _written) / MaxShare;
        _pause = took > min ? took : min;
    }

    private void Write(PageRefresh? refresh)
    {
        try
        {
            Failure = null;
            if (run is not null)
            {
                RunReport.Write(run, refresh: refresh);
            }
        }
        catch (Exception exception) when (exception is InputException or IOException or UnauthorizedAccessException)
        {
            Failure = FileFault.Message(exception);
        }
    }
}
