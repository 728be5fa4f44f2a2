@echo off
rem Runs the vastmax command out of this source tree: finds a JDK, builds what is missing or out of date, starts Java.
rem VASTMAX_JAVA_OPTS: more flags for Java, separated by spaces. Elsewhere than on Windows: ./vastmax.
setlocal EnableExtensions DisableDelayedExpansion

set "java_needed=25"
set "java_of_maven=17"
set "project=%~dp0"
set "application=%project%cli\target\vastmax"
set "options=%application%\jvm.options"

set "path_jdk="
for %%J in (java.exe) do if not "%%~$PATH:J"=="" for %%H in ("%%~dp$PATH:J..") do set "path_jdk=%%~fH"

call :find_jdk
if not defined jdk (
    echo vastmax: needs a JDK %java_needed% or newer, and found none in JAVA_HOME, on PATH or where JDKs usually are: install one ^(https://adoptium.net has them^), or set JAVA_HOME to its folder>&2
    exit /b 1
)

call :is_built || call :build || exit /b 1

"%jdk%\bin\java.exe" "@%options%" "-Dvastmax.corpus=%application%\corpus" %VASTMAX_JAVA_OPTS% -cp "%application%\lib\*" io.vastmax.cli.Main %*
exit /b %ERRORLEVEL%

rem Sets version to the major version of the JDK in the folder %1, to 0 if there is none. Starts nothing.
:version_of
set "version=0"
if "%~1"=="" exit /b 0
if not exist "%~1\bin\java.exe" exit /b 0
if not exist "%~1\bin\javac.exe" exit /b 0
if not exist "%~1\release" exit /b 0
for /f "usebackq tokens=2 delims==" %%V in (`findstr /b /c:"JAVA_VERSION=" "%~1\release"`) do for /f "delims=.-+_" %%M in ("%%~V") do set "version=%%M"
exit /b 0

rem Sets jdk to JAVA_HOME or the JDK of the java on PATH if one of them is new enough, else to the oldest of the
rem installed ones that is.
:find_jdk
set "jdk="
set "jdk_version="
call :consider "%JAVA_HOME%"
if defined jdk exit /b 0
call :consider "%path_jdk%"
if defined jdk exit /b 0
for /d %%V in ("%ProgramFiles%\*" "%LOCALAPPDATA%\Programs\*") do (
    call :consider "%%~V"
    for /d %%J in ("%%~V\*") do call :consider "%%~J"
)
for /d %%J in ("%USERPROFILE%\.jdks\*" "%USERPROFILE%\.sdkman\candidates\java\*" "%USERPROFILE%\.m2\jdks\*" "%USERPROFILE%\.gradle\jdks\*" "%USERPROFILE%\.jbang\cache\jdks\*") do call :consider "%%~J"
for /d %%J in ("%USERPROFILE%\scoop\apps\*") do call :consider "%%~J\current"
exit /b 0

rem Takes the JDK in the folder %1 if it is new enough and older than the one found before.
:consider
call :version_of "%~1"
if %version% LSS %java_needed% exit /b 0
if defined jdk if %version% GEQ %jdk_version% exit /b 0
set "jdk=%~1"
set "jdk_version=%version%"
exit /b 0

rem jvm.options is what a build writes last. Folders count too: theirs is the time when a file in them was deleted.
:is_built
if not exist "%options%" exit /b 1
powershell -NoProfile -Command "$built = (Get-Item -LiteralPath $env:options).LastWriteTimeUtc; $poms = @(Get-Item ($env:project + 'pom.xml'), ($env:project + '*\pom.xml')); $sources = @(Get-Item ($env:project + '*\src\main')) + @(Get-ChildItem ($env:project + '*\src\main') -Recurse); if (($poms + $sources) | Where-Object { $_.LastWriteTimeUtc -gt $built }) { exit 1 }"
exit /b %ERRORLEVEL%

:build
where mvn >nul 2>nul
if errorlevel 1 (
    echo vastmax: building Vastmax needs Maven, and there is no mvn on PATH: install Apache Maven 3.8.1 or newer>&2
    exit /b 1
)
rem Maven itself may run on another Java than the one that it compiles with
set "maven_jdk=%JAVA_HOME%"
if not defined maven_jdk set "maven_jdk=%path_jdk%"
call :version_of "%maven_jdk%"
if %version% LSS %java_of_maven% set "JAVA_HOME=%jdk%"
rem The toolchain plugin looks at JAVA*_HOME
set "JAVA25_HOME=%jdk%"
echo Building Vastmax ...>&2
pushd "%project%"
call mvn -B -ntp -q "-Dmaven.test.skip=true" package -pl cli -am <nul 1>&2
set "status=%ERRORLEVEL%"
popd
if not "%status%"=="0" (
    echo vastmax: the build failed, see above>&2
    exit /b 1
)
exit /b 0
