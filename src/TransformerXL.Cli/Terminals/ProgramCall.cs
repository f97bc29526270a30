namespace TransformerXL.Cli.Terminals;

/// <summary>Determines how the program was started, so that commands in hints can be copied unchanged.</summary>
internal static class ProgramCall
{
    private const string Installed = "txl", Project = "TransformerXL.Cli.csproj";

    /// <summary><c>txl</c> for an installed tool, <c>dotnet run --project ... --</c> for one that was built from source.</summary>
    /// <param name="programFolder">The folder of the program: <c>PROJECT/bin/CONFIGURATION/FRAMEWORK</c> if it was built from source.</param>
    /// <param name="currentFolder">The current folder of the shell.</param>
    public static string Find(string programFolder, string currentFolder)
    {
        DirectoryInfo? configuration = new DirectoryInfo(Path.TrimEndingDirectorySeparator(programFolder)).Parent;
        string? project = configuration?.Parent?.Parent?.FullName;
        if (project is null || !File.Exists(Path.Combine(project, Project)))
        {
            return Installed;
        }

        string choice = configuration!.Name == "Debug" ? "" : $"-c {configuration.Name} ";
        return $"dotnet run {choice}--project {Quote(Path.GetRelativePath(currentFolder, project))} --";
    }

    /// <summary>An argument quoted for a shell.</summary>
    public static string Quote(string argument) =>
        argument.Length > 0 && argument.All(symbol => char.IsLetterOrDigit(symbol) || symbol is '/' or '\\' or '.' or '-' or '_' or ':' or '~') ? argument
        // In double quotes a shell still replaces these.
        : argument.AsSpan().ContainsAny("\"$`!") ? $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'"
        : $"\"{argument}\"";
}
