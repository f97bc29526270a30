using TransformerXL.Analysis.Reports;
using TransformerXL.Training;

namespace TransformerXL.Cli.Commands;

/// <summary>Passes reports on, and writes the page of the run anew after each validation. A page that cannot be written stops no training.</summary>
internal sealed class ReportKeeper(RunDirectory? run, IProgress<TrainingReport> next) : IProgress<TrainingReport>
{
    /// <summary>Why the page could not be written the last time; null if it could.</summary>
    public string? Failure { get; private set; }

    public void Report(TrainingReport value)
    {
        next.Report(value);
        if (value is ValidationReport)
        {
            Write();
        }
    }

    /// <summary>Writes the page.</summary>
    public void Write()
    {
        try
        {
            Failure = null;
            if (run is not null)
            {
                RunReport.Write(run);
            }
        }
        catch (Exception exception) when (exception is InputException or IOException or UnauthorizedAccessException)
        {
            Failure = exception.Message;
        }
    }
}
